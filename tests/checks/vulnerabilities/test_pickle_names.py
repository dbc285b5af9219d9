"""What pickles of strangers name: libraries of the field are named for a person, what nobody read stays open."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from assay.checks.vulnerabilities import _pickle_list as listed
from assay.checks.vulnerabilities import _pickle_packages as packages
from assay.checks.vulnerabilities._pickle_names import Tier, _names, tier
from assay.facts.dossier import Dossier
from assay.facts.finding import Kind
from assay.facts.program import PickleImport, Use
from tests.builders.pickles import calls, short
from tests.conftest import messages
from tests.hostile.rating import rating

Audit = Callable[..., Dossier]


def named(module: str, name: str) -> bytes:
    """A name as the value of an attribute."""
    return b"}" + short("f") + f"c{module}\n{name}\n".encode() + b"s."


def member(module: str, name: str) -> bytes:
    """The same by protocol 4, which takes dotted names."""
    return b"\x80\x04}" + short("f") + short(module) + short(name) + b"\x93s."


def made(module: str, name: str, state: bytes = b"}") -> bytes:
    """An instance without its constructor, and its state."""
    return b"\x80\x02c" + f"{module}\n{name}\n".encode() + b")\x81" + state + b"b."


def attribute(receiver: bytes, name: str, then: bytes = b"") -> bytes:
    """getattr(receiver, name), and opcodes that go on with it."""
    return b"\x80\x02cbuiltins\ngetattr\n" + receiver + short(name) + b"\x86R" + then + b"."


CYTHON = b"\x80\x02cpandas._libs.arrays\n__pyx_unpickle_NDArrayBacked\n(cpandas\nCategorical\nJ\x01\x00\x00\x00NtR."
CONV = b"cultralytics.nn.modules.conv\nConv\n)\x81"


@pytest.mark.parametrize(
    ("content", "right"),
    [
        # what files of real libraries hold
        (named("builtins", "hash"), "review"),
        (named("gensim.utils", "identity"), "review"),
        (named("sklearn.metrics._classification", "f1_score"), "review"),
        (named("typing", "Any"), "pass"),
        (b"\x80\x02ctorch.nn.backends.thnn\n_get_thnn_function_backend\n)R.", "review"),
        (calls("pandas.core.internals.blocks", "new_block", "x"), "review"),
        (b"\x80\x02cnumpy.random\n__RandomState_ctor\n)R.", "pass"),
        (named("builtins", "NotImplemented"), "pass"),
        (member("scipy.interpolate._interpolate", "interp1d._call_linear_np"), "review"),
        (made("scipy.sparse._lil", "lil_matrix"), "review"),
        (made("joblib.memory", "Memory"), "review"),
        (made("fastai.learner", "Recorder"), "review"),
        (b"\x80\x02cultralytics.utils\nIterableSimpleNamespace\n)R}b.", "review"),
        (CYTHON, "review"),
        (b"\x80\x02cbuiltins\ntype\n(NtR.", "pass"),
        (b"\x80\x02cnumpy._core\n_ufunc_reconstruct\n(" + short("numpy") + short("log1p") + b"tR.", "review"),
        (attribute(CONV, "forward_fuse"), "review"),
        (attribute(b"czoneinfo\nZoneInfo\n", "_unpickle", short("UTC") + b"K\x01\x86R"), "review"),
        (b"\x80\x02cfunctools\npartial\n(ctorch.nn.modules.normalization\nLayerNorm\ntR.", "review"),
        # what nobody read: somebody's own classes, functions of libraries that are only named
        (made("models.yolo", "DetectionModel"), "open"),
        (made("__main__", "Net"), "open"),
        (calls("mylab.settings", "Mode", "fast"), "open"),
        (named("mylab.losses", "focal"), "open"),
        (named("pandas", "read_pickle"), "open"),
        (calls("mylab.arrays", "_rebuild_array", "x"), "open"),
        (made("torch._inductor.codecache", "CodeCacheFuture"), "open"),
        (attribute(CONV, "save"), "open"),
        (made("sklearn_crfsuite._fileresource", "FileResource", b"}" + short("__FILE_DATA__") + b"Ns"), "open"),
        # what reaches outside, also by the roads above
        (made("sklearn.svm._classes", "SVC", b"}" + short("__reduce_ex__") + b"Ns"), "fail"),
        (named("os", "system"), "fail"),
        (named("builtins", "eval"), "fail"),
        (member("torch", "os.system"), "fail"),
        (member("torch.nn", "Module.__init__"), "fail"),
        (calls("mylab.helpers", "run", "x"), "fail"),
        (calls("builtins", "hash", "x"), "fail"),
        (calls("torch.hub", "load", "x"), "fail"),
        (made("numpy.lib._datasource", "DataSource"), "fail"),
        (made("torch.utils.data.datapipes.datapipe", "_IterDataPipeSerializationWrapper"), "fail"),
        (made("subprocess", "Popen"), "fail"),
        (b"\x80\x02ios\nsystem\n(" + short("x") + b"i.", "fail"),
        (b"\x80\x02cnumpy._core\n_ufunc_reconstruct\n(" + short("os") + short("system") + b"tR.", "fail"),
        (b"\x80\x02cbuiltins\ntype\n(" + short("X") + b"t(dtR.", "fail"),
        (attribute(CONV, "__class__"), "fail"),
        (attribute(CONV, "forward_fuse", short("x") + b"\x85R"), "fail"),
        (attribute(b"ctorch\nos\n", "system"), "fail"),
        (b"\x80\x02cfunctools\npartial\n(cos\nsystem\n" + short("x") + b"tR.", "fail"),
        (b"\x80\x02cnumba.core.serialize\n_unpickle__CustomPickled\n(" + short("x") + b"tR.", "fail"),
    ],
)  # fmt: skip
def test_what_a_name_amounts_to(tmp_path: Path, audit: Audit, content: bytes, right: str) -> None:
    if b"ios\nsystem" in content:  # INST takes its arguments from the mark
        content = b"\x80\x02(" + short("x") + b"ios\nsystem\n."
    path = tmp_path / "model.pkl"
    path.write_bytes(content)
    dossier = audit(path)
    assert rating(dossier) == right, [f.message for f in dossier.findings if f.kind in (Kind.FAIL, Kind.OPEN)]


def test_arrays_as_scikit_learn_wrote_them_with_its_own_joblib(tmp_path: Path, audit: Audit) -> None:
    joblib, numpy = pytest.importorskip("joblib"), pytest.importorskip("numpy")
    joblib.dump({"w": numpy.arange(12.0).reshape(3, 4)}, tmp_path / "model.pkl", protocol=2)
    raw = (tmp_path / "model.pkl").read_bytes()
    own = raw.replace(b"cjoblib.numpy_pickle\n", b"csklearn.externals.joblib.numpy_pickle\n")
    assert own != raw
    (tmp_path / "model.pkl").write_bytes(own)
    dossier = audit(tmp_path)
    assert rating(dossier) == "pass"
    assert [row.shape for row in dossier.tensors] == [(3, 4)]


SCIPY = (
    "\ndef _parse_args(self, a, b,  loc=0, scale=1):\n    return (a, b, ), loc, scale\n"
    "\ndef _parse_args_rvs(self, a, b,  loc=0, scale=1, size=None):\n"
    "    return self._argcheck_rvs(a, b,  loc, scale, size=size)\n"
    "\ndef _parse_args_stats(self, a, b,  loc=0, scale=1, moments='mv'):\n"
    "    return (a, b, ), loc, scale, moments\n"
)
KEY = "_parse_arg_template"


@pytest.mark.parametrize(
    ("state", "right"),
    [
        (b"}" + short(KEY) + short(SCIPY) + b"s", "review"),
        (b"}" + short("name") + short("norm") + b"s", "review"),
        (b"}" + short(KEY) + short("import os\n" + SCIPY) + b"s", "fail"),
        (b"}" + short(KEY) + short(SCIPY.replace("loc=0", "loc=print(1)")) + b"s", "fail"),
        (b"}" + short(KEY) + short(SCIPY + "x = 1\n") + b"s", "fail"),
        (b"}" + short(KEY) + b"cbuiltins\nstr\n" + short("x") + b"\x85Rs", "fail"),
        (b"]" + short(KEY) + short("import os") + b"\x86a", "open"),
        (short("a") + b"K\x01\x86" + short(KEY) + short("import os") + b"\x86\x86", "open"),
        (b"}cbuiltins\nstr\n" + short(KEY) + b"\x85R" + short("import os") + b"s", "open"),
    ],
)
def test_a_distribution_may_run_only_the_text_that_scipy_writes(
    tmp_path: Path, audit: Audit, state: bytes, right: str
) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(made("scipy.stats._continuous_distns", "norm_gen", state))
    assert rating(audit(path)) == right


def test_what_numba_unpickles_is_followed(tmp_path: Path, audit: Audit) -> None:
    inner = calls("os", "system", "echo inert")
    path = tmp_path / "model.pkl"
    call = b"\x80\x04cnumba.core.serialize\n_unpickle__CustomPickled\nB" + len(inner).to_bytes(4, "little")
    path.write_bytes(call + inner + b"\x85R.")
    said = messages(audit(path), "pickle.reaches-outside", Kind.FAIL)
    assert any("loading calls os.system('echo inert')" in message for message in said)


def test_every_list_can_be_read_and_says_why() -> None:
    every = [listed.VALUES, *listed.VALUES_OF_LOADER.values(), listed.OBJECTS, listed.NAMED, listed.MADE]
    for text in (*every, listed.CODE, listed.GADGETS):
        assert all(reason for reason in _names(text).values())
    gadgets = set(_names(listed.GADGETS)) - set(_names(listed.MADE))
    assert not gadgets & {name for text in every for name in _names(text)}
    assert not packages.LIBRARIES & (packages.STANDARD | packages.ACTING)


@pytest.mark.parametrize("use", list(Use))
def test_no_name_outside_the_lists_is_a_value(use: Use) -> None:
    for module in ("os", "torch", "pandas.io.pickle", "sklearn.base", "somebody", "__main__", "torch.nn.modules.conv"):
        for name in ("load", "_x", "Thing", "system", "A.b", "a.B", "__dict__", "forward"):
            assert tier(PickleImport(module, name, 0, use), "pickle") is not Tier.VALUE


def test_values_pickled_by_every_protocol_pass(tmp_path: Path, audit: Audit) -> None:
    for protocol in range(6):
        path = tmp_path / f"values{protocol}.pkl"
        path.write_bytes(pickle.dumps({"a": [type(None), NotImplemented, ...], "b": b"x", "c": {1, 2}}, protocol))
        assert rating(audit(path)) == "pass"
