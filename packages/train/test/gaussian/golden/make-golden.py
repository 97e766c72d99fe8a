"""Writes golden.json: the normal distribution as NumPy and SciPy know it.

    pip install --target "$TARGET" numpy==2.4.6 scipy==1.17.1
    PYTHONPATH="$TARGET" python3 make-golden.py
    npx biome check --write golden.json

Full covariances in 1 to 5 dimensions. The densities, entropies and Cholesky factors are SciPy's and
NumPy's own; the divergence is written with numpy.linalg, and in 1 and 2 dimensions it is also
integrated numerically, which uses no algebra at all.
"""

import json
import pathlib
import platform

import numpy
import scipy
from scipy.integrate import dblquad, quad
from scipy.stats import multivariate_normal, norm

HERE = pathlib.Path(__file__).parent
REACH = 9.0  # standard deviations; the density beyond holds less than 1e-18


def covariance(generator, size):
    root = generator.normal(size=(size, size))
    return root @ root.T + 0.3 * numpy.eye(size)


def divergence(mean1, cov1, mean2, cov2):
    gap = mean2 - mean1
    logs = numpy.linalg.slogdet(cov2)[1] - numpy.linalg.slogdet(cov1)[1]
    trace = numpy.trace(numpy.linalg.solve(cov2, cov1))
    return 0.5 * (logs - len(gap) + trace + gap @ numpy.linalg.solve(cov2, gap))


def integrated_divergence(p, q):
    """The integral of p log(p / q), over P's own standard deviations around its mean."""
    low = p.mean - REACH * numpy.sqrt(numpy.diag(p.cov))
    high = p.mean + REACH * numpy.sqrt(numpy.diag(p.cov))

    def integrand(*x):
        log_p = p.logpdf(x)
        return numpy.exp(log_p) * (log_p - q.logpdf(x))

    if len(low) == 1:
        return quad(integrand, low[0], high[0], epsabs=1e-12)[0]
    return dblquad(lambda b, a: integrand(a, b), low[0], high[0], low[1], high[1], epsabs=1e-9)[0]


def full_case(generator, size):
    mean1, mean2, point, centre = generator.normal(size=(4, size))
    cov1, cov2 = covariance(generator, size), covariance(generator, size)
    matrix = generator.normal(size=(size, size))
    p, q = multivariate_normal(mean1, cov1), multivariate_normal(mean2, cov2)
    gap = mean1 - centre
    case = {
        "p": {"mean": mean1, "covariance": cov1},
        "q": {"mean": mean2, "covariance": cov2},
        "point": point,
        "centre": centre,
        "matrix": matrix,
        "factor": numpy.linalg.cholesky(cov1),
        "precision": numpy.linalg.inv(cov1),
        "logDensity": p.logpdf(point),
        "entropy": p.entropy(),
        "divergence": divergence(mean1, cov1, mean2, cov2),
        "divergenceToStandardNormal": divergence(mean1, cov1, numpy.zeros(size), numpy.eye(size)),
        "expectedQuadraticForm": numpy.trace(matrix @ cov1) + gap @ matrix @ gap,
    }
    if size <= 2:
        case["integratedDivergence"] = integrated_divergence(p, q)
    return case


def diagonal_case(generator, size):
    mean1, log_variance1, mean2, log_variance2, point = generator.normal(size=(5, size))
    scale = numpy.exp(log_variance1 / 2)
    cov1, cov2 = numpy.diag(numpy.exp(log_variance1)), numpy.diag(numpy.exp(log_variance2))
    return {
        "p": {"mean": mean1, "logVariance": log_variance1},
        "q": {"mean": mean2, "logVariance": log_variance2},
        "point": point,
        "logDensity": norm.logpdf(point, mean1, scale).sum(),
        "entropy": norm.entropy(mean1, scale).sum(),
        "divergence": divergence(mean1, cov1, mean2, cov2),
        "divergenceToStandardNormal": divergence(mean1, cov1, numpy.zeros(size), numpy.eye(size)),
    }


def plain(value):
    return value.tolist() if isinstance(value, numpy.ndarray) else float(value)


generator = numpy.random.default_rng(20201202)
golden = {
    "madeBy": "make-golden.py",
    "versions": {
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
    },
    "full": [full_case(generator, size) for size in (1, 2, 3, 5)],
    "diagonal": [diagonal_case(generator, size) for size in (1, 4, 20)],
}
target = HERE / "golden.json"
partial = HERE / "golden.json.partial"
partial.write_text(json.dumps(golden, indent=2, default=plain) + "\n")
partial.replace(target)
