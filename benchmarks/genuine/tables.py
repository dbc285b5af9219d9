"""Arrays, frames and fitted estimators: NumPy, pandas, scikit-learn, and what is built on them."""

from __future__ import annotations

import collections
import pickle
from pathlib import Path
from typing import Any


def numpy_files(at: Path) -> None:
    """Arrays in files of their own, in archives, and pickled."""
    import numpy as np

    weights = at / "weights"
    weights.mkdir(exist_ok=True)
    for kind in ("f4", "f8", "f2", "i8", "u1", "c8", "?", "U5", "S3", "M8[s]"):
        np.save(weights / f"array_{kind.replace('[', '_').strip(']?') or 'bool'}.npy", np.zeros((3, 4), kind))
    np.save(weights / "fortran.npy", np.asfortranarray(np.ones((3, 4))))
    np.save(weights / "structured.npy", np.zeros(3, [("a", "f4"), ("b", "i8", (2,))]))
    np.save(weights / "scalar.npy", np.float32(3))
    np.savez(weights / "several.npz", a=np.ones(3), b=np.zeros((2, 2)))
    np.savez_compressed(weights / "compressed.npz", a=np.ones(300))
    for protocol in range(6):
        (weights / f"array_protocol{protocol}.pkl").write_bytes(
            pickle.dumps({"w": np.arange(6.0).reshape(2, 3), "n": np.float32(1)}, protocol)
        )
    (weights / "random_state.pkl").write_bytes(pickle.dumps(np.random.RandomState(0)))
    (weights / "generator.pkl").write_bytes(pickle.dumps(np.random.default_rng(0)))
    np.save(weights / "object_of_texts.npy", np.array(["a", None, 3], dtype=object), allow_pickle=True)
    plain = {
        "a": [1, 2.5, None, True],
        "b": ("x", b"y"),
        "c": {1, 2},
        "d": collections.OrderedDict(x=1),
        "e": collections.Counter("aab"),
        "f": collections.defaultdict(list, a=[1]),
    }
    for protocol in range(6):
        (weights / f"plain_protocol{protocol}.pkl").write_bytes(pickle.dumps(plain, protocol))


def sklearn_files(at: Path) -> None:
    """Fitted estimators as joblib and pickle store them."""
    import joblib
    import numpy as np
    from sklearn import (
        cluster,
        decomposition,
        ensemble,
        feature_extraction,
        gaussian_process,
        linear_model,
        naive_bayes,
        neighbors,
        neural_network,
        pipeline,
        preprocessing,
        svm,
        tree,
    )

    random = np.random.default_rng(0)
    x, y = random.normal(size=(60, 5)), random.integers(0, 2, 60)
    objects, weights = at / "objects", at / "weights"
    objects.mkdir(exist_ok=True)
    weights.mkdir(exist_ok=True)
    estimators: dict[str, Any] = {
        "logistic": linear_model.LogisticRegression(),
        "ridge": linear_model.Ridge(),
        "sgd": linear_model.SGDClassifier(),
        "forest": ensemble.RandomForestClassifier(5),
        "boosting": ensemble.GradientBoostingClassifier(n_estimators=3),
        "hist_boosting": ensemble.HistGradientBoostingClassifier(max_iter=3),
        "isolation": ensemble.IsolationForest(n_estimators=5),
        "tree": tree.DecisionTreeClassifier(),
        "svc": svm.SVC(),
        "knn": neighbors.KNeighborsClassifier(algorithm="kd_tree"),
        "mlp": neural_network.MLPClassifier(max_iter=5),
        "bayes": naive_bayes.GaussianNB(),
        "pca": decomposition.PCA(2),
        "kmeans": cluster.KMeans(2, n_init=1),
        "scaled": pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression()),
        "encoder": preprocessing.OneHotEncoder(),
        "scaler": preprocessing.MinMaxScaler(),
        "process": gaussian_process.GaussianProcessClassifier(),
    }
    for name, estimator in estimators.items():
        estimator.fit(x, y)
        joblib.dump(estimator, objects / f"{name}.joblib")
        (objects / f"{name}.pkl").write_bytes(pickle.dumps(estimator))
    texts = pipeline.make_pipeline(feature_extraction.text.TfidfVectorizer(), linear_model.LogisticRegression()).fit(
        ["red fox", "blue fox", "red dog"], [0, 1, 0]
    )
    joblib.dump(texts, objects / "tfidf.joblib")
    for kind in ("zlib", "gzip", "bz2", "lzma", "xz"):
        joblib.dump(estimators["forest"], objects / f"forest_{kind}.joblib", compress=(kind, 3))
        joblib.dump({"w": x, "b": y}, weights / f"arrays_{kind}.joblib", compress=(kind, 3))
    joblib.dump({"w": x, "f": np.asfortranarray(x), "b": y}, weights / "arrays.joblib")


def boosting_files(at: Path) -> None:
    """XGBoost and LightGBM, pickled and in their own formats."""
    import numpy as np

    objects = at / "objects"
    objects.mkdir(exist_ok=True)
    x, y = np.random.default_rng(0).normal(size=(60, 5)), np.arange(60) % 2
    import xgboost

    model = xgboost.XGBClassifier(n_estimators=3).fit(x, y)
    (objects / "xgboost.pkl").write_bytes(pickle.dumps(model))
    (objects / "xgboost_booster.pkl").write_bytes(pickle.dumps(model.get_booster()))
    model.save_model(objects / "xgboost.json")
    model.save_model(objects / "xgboost.ubj")
    import lightgbm

    light = lightgbm.LGBMClassifier(n_estimators=3, verbose=-1).fit(x, y)
    (objects / "lightgbm.pkl").write_bytes(pickle.dumps(light))
    light.booster_.save_model(objects / "lightgbm.txt")


def skops_files(at: Path) -> None:
    """Estimators as skops stores them."""
    import numpy as np
    import skops.io
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    objects = at / "objects"
    objects.mkdir(exist_ok=True)
    x, y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 2
    skops.io.dump(LogisticRegression().fit(x, y), objects / "logistic.skops")
    skops.io.dump(make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y), objects / "pipeline.skops")


def cloudpickle_files(at: Path) -> None:
    """Functions by value: ordinary in some pipelines, and code all the same. Listed as code, not as weights."""
    import cloudpickle
    import dill

    code = at / "code"
    code.mkdir(exist_ok=True)
    (code / "lambda.pkl").write_bytes(cloudpickle.dumps(lambda x: x + 1))
    (code / "lambda.dill").write_bytes(dill.dumps(lambda x: x + 1))
    (code / "plain.dill").write_bytes(dill.dumps({"a": [1, 2]}))


def pandas_files(at: Path) -> None:
    """Frames, series and indexes with every kind of column."""
    import numpy as np
    import pandas as pd

    objects = at / "objects"
    objects.mkdir(exist_ok=True)
    days = pd.date_range("2025-01-01", periods=4)
    plain = pd.DataFrame({"a": np.arange(4), "b": np.ones(4), "c": [True, False] * 2})
    rows: dict[str, Any] = {
        "numbers": plain,
        "texts": pd.DataFrame({"s": ["a", "b", None, "d"], "o": pd.Series(["a", 1, None, 2.5], dtype=object)}),
        "strings": pd.DataFrame({"s": pd.array(["a", "b", pd.NA, "d"], dtype="string")}),
        "categories": pd.DataFrame({"c": pd.Categorical(["x", "y", "x", "y"], ordered=True)}),
        "days": pd.DataFrame({"d": days, "z": days.tz_localize("UTC"), "w": days.tz_localize("Europe/Paris"),
                              "t": days - days[0], "p": days.to_period("M"), "n": [pd.NaT] * 4}),
        "nullable": pd.DataFrame({"i": pd.array([1, None, 3, 4], dtype="Int64"),
                                  "f": pd.array([1.5] * 4, dtype="Float64"),
                                  "b": pd.array([True, None, False, True], dtype="boolean")}),
        "sparse": pd.DataFrame({"s": pd.arrays.SparseArray([0, 0, 1, 0])}),
        "intervals": pd.DataFrame({"i": pd.cut(plain.a, 2), "j": pd.IntervalIndex.from_breaks(range(5))}),
        "arrow": pd.DataFrame({"a": pd.array([1, 2, None, 4], dtype="int64[pyarrow]"),
                               "s": pd.array(list("abcd"), dtype="string[pyarrow]")}),
        "levels": plain.set_index(["a", "c"]),
        "labelled": plain.set_index(days.rename("day")),
        "grouped": plain.groupby("c"),
        "series": pd.Series([1.5, 2.5], index=["a", "b"], name="n"),
        "series_text": pd.Series(["a", "b"]),
        "index": pd.Index(["a", "b"], name="n"),
        "multi_index": pd.MultiIndex.from_product([["a", "b"], [1, 2]]),
        "range_index": pd.RangeIndex(3),
        "scalars": {"t": pd.Timestamp("2025-01-01", tz="UTC"), "d": pd.Timedelta("1D"), "p": pd.Period("2025-01"),
                    "n": pd.NaT, "na": pd.NA, "o": pd.offsets.MonthEnd(), "i": pd.Interval(0, 1)},
        "mixed": {"frame": plain, "columns": ["a"], "series": plain.a, "n": 3},
    }  # fmt: skip
    for name, value in rows.items():
        pd.to_pickle(value, objects / f"{name}.pkl")
    plain.to_pickle(objects / "gzip.pkl.gz", compression={"method": "gzip", "mtime": 1})
    plain.to_pickle(objects / "xz.pkl.xz")
    plain.to_pickle(objects / "protocol2.pkl", protocol=2)


def estimator_files(at: Path) -> None:
    """Every estimator of scikit-learn that takes its defaults and a small table of numbers."""
    import numpy as np
    from sklearn.utils import all_estimators

    random = np.random.default_rng(0)
    x, y = np.abs(random.normal(size=(40, 4))), np.arange(40) % 2
    objects = at / "objects"
    objects.mkdir(exist_ok=True)
    for name, kind in all_estimators():
        try:
            fitted = kind().fit(x, y)
        except Exception:  # noqa: BLE001 - needs an argument, one feature, texts: the others are enough
            continue
        (objects / f"{name}.pkl").write_bytes(pickle.dumps(fitted))


def pipeline_files(at: Path) -> None:
    """What people put together out of scikit-learn: searches, unions, selections, kernels, texts, sparse inputs."""
    import joblib
    import numpy as np
    import pandas as pd
    import scipy.sparse
    import scipy.stats
    from sklearn import (
        calibration,
        compose,
        covariance,
        ensemble,
        feature_extraction,
        feature_selection,
        gaussian_process,
        linear_model,
        metrics,
        model_selection,
        neighbors,
        pipeline,
        preprocessing,
        svm,
        tree,
    )

    random = np.random.default_rng(0)
    x, y = np.abs(random.normal(size=(60, 4))), np.arange(60) % 2
    frame = pd.DataFrame(x, columns=list("abcd")).assign(k=pd.Categorical(["u", "v"] * 30), s=["p", "q"] * 30)
    columns = compose.make_column_transformer(
        (preprocessing.StandardScaler(), ["a", "b"]),
        (preprocessing.OneHotEncoder(handle_unknown="ignore"), compose.make_column_selector(dtype_include="category")),
        ("passthrough", slice(2, 4)),
    )
    kernel = gaussian_process.kernels.RBF() * 2 + gaussian_process.kernels.WhiteKernel()
    logistic, vectors = linear_model.LogisticRegression, feature_extraction.text
    fitted: dict[str, Any] = {
        "columns": pipeline.make_pipeline(columns, logistic()).fit(frame, y),
        "log": pipeline.make_pipeline(preprocessing.FunctionTransformer(np.log1p), logistic()).fit(x, y),
        "log_and_back": preprocessing.FunctionTransformer(np.log1p, inverse_func=np.expm1, validate=True).fit(x),
        "target": compose.TransformedTargetRegressor(linear_model.Ridge(), func=np.log, inverse_func=np.exp).fit(
            x, x[:, 0]),
        "grid": model_selection.GridSearchCV(neighbors.KNeighborsClassifier(), {"n_neighbors": [1, 3]}, cv=2).fit(x, y),
        "search": model_selection.RandomizedSearchCV(
            svm.SVC(), {"C": scipy.stats.loguniform(0.1, 10)}, n_iter=2, cv=2, random_state=0,
            scoring=metrics.make_scorer(metrics.f1_score, zero_division=0)).fit(x, y),
        "union": pipeline.make_union(
            preprocessing.PolynomialFeatures(), preprocessing.QuantileTransformer(n_quantiles=5)).fit(x),
        "best": feature_selection.SelectKBest(feature_selection.f_classif, k=2).fit(x, y),
        "mutual": feature_selection.SelectKBest(feature_selection.mutual_info_classif, k=2).fit(x, y),
        "from_model": feature_selection.SelectFromModel(ensemble.ExtraTreesClassifier(3)).fit(x, y),
        "calibrated": calibration.CalibratedClassifierCV(svm.LinearSVC(), cv=2).fit(x, y),
        "stack": ensemble.StackingClassifier([("a", logistic()), ("b", tree.DecisionTreeClassifier())], cv=2).fit(x, y),
        "vote": ensemble.VotingRegressor([("a", linear_model.Ridge()), ("b", tree.DecisionTreeRegressor())]).fit(x, y),
        "process": gaussian_process.GaussianProcessRegressor(kernel).fit(x, y),
        "ball": neighbors.KNeighborsRegressor(algorithm="ball_tree", metric="haversine").fit(x[:, :2], y),
        "density": neighbors.KernelDensity().fit(x),
        "outliers": neighbors.LocalOutlierFactor(novelty=True).fit(x),
        "envelope": covariance.EllipticEnvelope().fit(x),
        "bagged": ensemble.BaggingClassifier(logistic(), 3).fit(x, y),
        "ada": ensemble.AdaBoostClassifier(n_estimators=3).fit(x, y),
        "seeded": ensemble.RandomForestClassifier(3, random_state=np.random.RandomState(0)).fit(x, y),
        "hashing": vectors.HashingVectorizer().fit(["a b"]),
        "tfidf": vectors.TfidfVectorizer(ngram_range=(1, 2), stop_words="english").fit(["red fox", "blue dog"]),
        "counts": vectors.CountVectorizer(dtype=np.int32).fit(["red fox"]),
        "labels": preprocessing.MultiLabelBinarizer().fit([["a"], ["b"]]),
        "splines": preprocessing.SplineTransformer().fit(x),
        "sparse": {kind: getattr(scipy.sparse, f"{kind}_matrix")(x)
                   for kind in ("csr", "csc", "coo", "lil", "dok", "bsr", "dia")},
        "sparse_arrays": {kind: getattr(scipy.sparse, f"{kind}_array")(x) for kind in ("csr", "csc", "coo")},
        "frozen": scipy.stats.norm(0, 1),
        "bundle": {"model": logistic().fit(x, y), "features": ["a", "b"], "trained": pd.Timestamp("2025-01-01"),
                   "f1": np.float64(0.5)},
    }  # fmt: skip
    from scipy.interpolate import interp1d
    from scipy.spatial import KDTree, cKDTree

    fitted |= {"kd": KDTree(x), "ckd": cKDTree(x), "interpolated": interp1d([0, 1], [0, 1])}
    objects = at / "objects"
    objects.mkdir(exist_ok=True)
    for name, value in fitted.items():
        joblib.dump(value, objects / f"{name}.joblib")
        (objects / f"{name}.pkl").write_bytes(pickle.dumps(value))


def imbalanced_files(at: Path) -> None:
    """imbalanced-learn: pipelines with resampling."""
    import joblib
    import numpy as np
    from imblearn import ensemble, over_sampling, pipeline, under_sampling
    from sklearn.linear_model import LogisticRegression

    x, y = np.random.default_rng(0).normal(size=(40, 3)), [0] * 30 + [1] * 10
    objects = at / "objects"
    objects.mkdir(exist_ok=True)
    for name, steps in (
        ("smote", [over_sampling.SMOTE(k_neighbors=2)]),
        ("both", [over_sampling.ADASYN(n_neighbors=2), under_sampling.RandomUnderSampler()]),
    ):
        joblib.dump(pipeline.make_pipeline(*steps, LogisticRegression()).fit(x, y), objects / f"{name}.joblib")
    joblib.dump(ensemble.BalancedRandomForestClassifier(3).fit(x, y), objects / "forest.joblib")
    joblib.dump(ensemble.EasyEnsembleClassifier(2).fit(x, y), objects / "easy.joblib")


def catboost_files(at: Path) -> None:
    """CatBoost, pickled and in its own format."""
    import catboost
    import numpy as np

    objects = at / "objects"
    objects.mkdir(exist_ok=True)
    x, y = np.random.default_rng(0).normal(size=(40, 3)), np.arange(40) % 2
    model = catboost.CatBoostClassifier(iterations=3, verbose=False, allow_writing_files=False).fit(x, y)
    (objects / "catboost.pkl").write_bytes(pickle.dumps(model))
    model.save_model(objects / "catboost.cbm")
    regressor = catboost.CatBoostRegressor(iterations=3, verbose=False, allow_writing_files=False).fit(x, y)
    (objects / "regressor.pkl").write_bytes(pickle.dumps(regressor))


def around_files(at: Path) -> None:
    """Libraries in the manner of scikit-learn: statistics, hidden Markov models, embeddings, encoders, survival."""
    import category_encoders
    import feature_engine.imputation
    import feature_engine.transformation
    import hdbscan
    import lifelines
    import mlxtend.classifier
    import numpy as np
    import pandas as pd
    import statsmodels.api
    import statsmodels.formula.api
    import umap
    from hmmlearn.hmm import GaussianHMM
    from sklearn.linear_model import LogisticRegression
    from statsmodels.tsa.arima.model import ARIMA
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    random = np.random.default_rng(0)
    x, y = random.normal(size=(60, 3)), np.arange(60) % 2
    frame = pd.DataFrame(x, columns=list("abc")).assign(k=["u", "v"] * 30)
    fitted: dict[str, Any] = {
        "ols": statsmodels.api.OLS(x[:, 0], statsmodels.api.add_constant(x[:, 1:])).fit(),
        "formula": statsmodels.formula.api.ols("a ~ b + C(k)", frame).fit(),
        "glm": statsmodels.api.GLM(y, x, family=statsmodels.api.families.Binomial()).fit(),
        "arima": ARIMA(x[:, 0], order=(1, 0, 0)).fit(),
        "smoothing": ExponentialSmoothing(np.abs(x[:, 0])).fit(),
        "hmm": GaussianHMM(2).fit(x),
        "target": category_encoders.TargetEncoder(["k"]).fit(frame, y),
        "ordinal": category_encoders.OrdinalEncoder(["k"]).fit(frame),
        "imputer": feature_engine.imputation.MeanMedianImputer().fit(frame[list("abc")]),
        "yeo": feature_engine.transformation.YeoJohnsonTransformer().fit(frame[list("abc")]),
        "stack": mlxtend.classifier.StackingClassifier([LogisticRegression()], LogisticRegression()).fit(x, y),
        "cox": lifelines.CoxPHFitter().fit(frame[list("ab")].abs().assign(e=1), "a", "e"),
        "kaplan": lifelines.KaplanMeierFitter().fit(np.abs(x[:, 0])),
        "hdbscan": hdbscan.HDBSCAN(min_cluster_size=5, prediction_data=True).fit(x),
        "umap": umap.UMAP(n_neighbors=5, n_epochs=2, init="random").fit(x),
    }
    objects = at / "objects"
    objects.mkdir(exist_ok=True)
    for name, value in fitted.items():
        (objects / f"{name}.pkl").write_bytes(pickle.dumps(value))
