"""Writes npy.json: files of numpy.save in base64, by type. Run with NumPy 2.4.6: python3 make-npy.py > npy.json"""

import base64
import io
import json

import numpy as np

items = np.arange(12).reshape(2, 2, 3)
arrays = {
    "u1": items.astype("u1"),
    "<f4": (items / 8).astype("<f4"),
    ">f8": (items / 8).astype(">f8"),
    "<i8": (items - 5).astype("<i8"),
    "b1": items % 2 == 0,
    "fortran": np.asfortranarray(items.astype("f4")),
    "fortran bytes": np.asfortranarray(items.astype("u1")),
    "complex": items.astype("c8"),
}


def encoded(array):
    file = io.BytesIO()
    np.save(file, array)
    return base64.b64encode(file.getvalue()).decode()


print(json.dumps({name: encoded(array) for name, array in arrays.items()}, indent=2))
