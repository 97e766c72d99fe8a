// Included before tfjs-node's own sources. Their tensors share the memory of JavaScript's typed arrays wherever it is
// aligned to 64 bytes, and let go of the array when TensorFlow lets go of the tensor. Within a graph that is on a
// thread of TensorFlow's, where Node-API must not be called: now and then it ends the process. TensorFlow copies all
// other arrays, and so these are copied too.
#pragma once

#include <cstring>

#include "tensorflow/c/tf_tensor.h"

inline TF_Tensor* NewTensorOfCopy(TF_DataType dtype, const int64_t* dims,
                                  int num_dims, void* data, size_t len,
                                  void (*deallocator)(void*, size_t, void*),
                                  void* deallocator_arg) {
  TF_Tensor* tensor = TF_AllocateTensor(dtype, dims, num_dims, len);
  if (len > 0) std::memcpy(TF_TensorData(tensor), data, len);
  deallocator(data, len, deallocator_arg);
  return tensor;
}

#define TF_NewTensor NewTensorOfCopy
