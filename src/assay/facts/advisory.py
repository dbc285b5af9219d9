"""Published advisories about loaders, for findings that show what one of them describes. The table has a date: `AS_OF`.

A row says which finding is an instance of it: the check, and patterns that one piece of the finding's evidence meets.
Only what a check calls a defect (a fail) carries an advisory, so that no file gets one for what is usual. Versions are
those that the source named in the row gives; where it gives none, they are "not known".
"""

from __future__ import annotations

import re
from functools import cache

from assay.facts.finding import Evidence, Finding, Kind
from assay.lazy import dataclass

AS_OF = "2026-11-26"
UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Advisory:
    """One advisory: its id, what it is about, the package, versions affected and fixed, and where that is written."""

    id: str
    what: str
    package: str
    affected: str
    fixed: str
    source: str

    def line(self) -> str:
        """The advisory as one line of a report."""
        fixed = "fixed version not known" if self.fixed == UNKNOWN else f"fixed in {self.fixed}"
        affected = "affected versions not known" if self.affected == UNKNOWN else self.affected
        return f"{self.id}: {self.what} ({self.package} {affected}; {fixed})"


@dataclass(frozen=True, slots=True)
class _Instance:
    """Which findings show it: the check, then patterns (empty: anything) that the same piece of evidence meets."""

    check: str
    artifact: str = ""
    pointer: str = ""
    name: str = ""
    seen: str = ""
    way: str = ""  # in the message, where the way to the evidence decides

    def shown_by(self, finding: Finding) -> bool:
        fits = finding.check == self.check and (not self.way or _compiled(self.way).search(finding.message))
        return bool(fits) and any(self._meets(row) for row in finding.evidence)

    def _meets(self, row: Evidence) -> bool:
        pairs = (
            (self.artifact, row.artifact.lower()),
            (self.pointer, row.pointer or ""),
            (self.name, row.name or ""),
            (self.seen, row.seen),
        )
        return all(not pattern or _compiled(pattern).search(text) for pattern, text in pairs)


_NVD = "https://nvd.nist.gov/vuln/detail/"
_KERAS, _HDF5, _ONNX = r"\.keras(?: > |\Z)|config\.json\Z", r"\.(?:h5|hdf5|keras)(?: > .*)?\Z", r"\.onnx\Z"
_ROWS: tuple[tuple[Advisory, _Instance], ...] = (
    (
        Advisory(
            "CVE-2025-32434", "weights_only=True did not keep a checkpoint from running code",
            "torch", "up to 2.5.1", "2.6.0", f"{_NVD}CVE-2025-32434",
        ),
        _Instance("pickle.reaches-outside", pointer=r"(?:\A|/)data\.pkl\Z"),
    ),
    (
        Advisory(
            "CVE-2026-24747", "items set on a tensor corrupt memory in the unpickler of weights_only=True",
            "torch", "before 2.10.0", "2.10.0", f"{_NVD}CVE-2026-24747",
        ),
        _Instance("pickle.reaches-outside", seen=r"sets items of .*(?:tensor|_rebuild_)"),
    ),
    (
        Advisory(
            "CVE-2025-1550", "config.json names any module and function, and loading calls it in spite of safe_mode",
            "keras", "3.0.0 to 3.8", "3.9.0",
            "https://github.com/keras-team/keras/security/advisories/GHSA-48g7-3x6r-xfhp",
        ),
        _Instance("model.runs-code", _KERAS, seen=r"loading imports \S+ and takes"),
    ),
    (
        Advisory(
            "CVE-2025-8747", "functions of Keras itself, such as get_file, get past safe_mode",
            "keras", "3.0.0 to 3.10.0", "3.11.0", "https://github.com/advisories/GHSA-c9rc-mg46-23w3",
        ),
        _Instance("model.runs-code", _KERAS, name=r"\Akeras\..*\bget_file\Z"),
    ),
    (
        Advisory(
            "CVE-2025-9906", "a config turns unsafe deserialisation on, then a Lambda layer runs",
            "keras", "before 3.11.0", "3.11.0", "https://github.com/advisories/GHSA-36fq-jgmw-4r9c",
        ),
        _Instance("model.runs-code", name=r"enable_unsafe_deserialization\Z"),
    ),
    (
        Advisory(
            "CVE-2025-9905", "safe_mode is ignored for HDF5 files, whose Lambda layers run",
            "keras", "before 3.11.3", "3.11.3", f"{_NVD}CVE-2025-9905",
        ),
        _Instance("model.runs-code", r"\.(?:h5|hdf5)\Z", seen="byte code"),
    ),
    (
        Advisory(
            "CVE-2024-3660", "Lambda layers run the byte code that they hold, without asking",
            "keras", "before 2.13", "2.13", "https://kb.cert.org/vuls/id/253266",
        ),
        _Instance("model.runs-code", _KERAS, seen="byte code"),
    ),
    (
        Advisory(
            "CVE-2025-49655", "TorchModuleWrapper unpickles what it holds, in spite of safe_mode",
            "keras", "3.11.0 to 3.11.2", "3.11.3", f"{_NVD}CVE-2025-49655",
        ),
        _Instance("model.runs-code", name=r"\ATorchModuleWrapper\Z"),
    ),
    (
        Advisory(
            "CVE-2025-12058", "a vocabulary is read from any path or address, in spite of safe_mode",
            "keras", "before 3.12.0", "3.12.0", "https://github.com/advisories/GHSA-mq84-hjqx-cwf2",
        ),
        _Instance("model.touches-files", seen="reads its vocabulary from the file"),
    ),
    (
        Advisory(
            "CVE-2026-1669", "HDF5 values in another file make loading read any file",
            "keras", "3.0.0 to 3.13.1", "3.13.2", f"{_NVD}CVE-2026-1669",
        ),
        _Instance("model.touches-files", _HDF5, seen=r"HDF5: .*(?:lies in|values from) another file"),
    ),
    (
        Advisory(
            "CVE-2026-0897", "a dataset declares more bytes than a machine has, and loading allocates them",
            "keras", "3.0.0 to 3.13.1", "3.12.1 and 3.13.2", "https://github.com/advisories/GHSA-xfhx-r7ww-5995",
        ),
        _Instance("archive.bomb", _HDF5, seen=r"\Adataset .* declares"),
    ),
    (
        Advisory(
            "CVE-2026-34445", "keys of external_data are set as attributes, whatever they are called",
            "onnx", "up to 1.20.1", "1.21.0", f"{_NVD}CVE-2026-34445",
        ),
        _Instance("model.runs-code", _ONNX, pointer="external_data", seen="outside the specification"),
    ),
    (
        Advisory(
            "CVE-2024-27318", "external_data reads files outside the model's folder",
            "onnx", "up to 1.15.0", "1.16.0", "https://github.com/onnx/onnx/releases/tag/v1.16.0",
        ),
        _Instance("model.touches-files", _ONNX, seen="outside the model's folder"),
    ),
    (
        Advisory(
            "CVE-2025-51480", "saving the model again writes to the path that external_data names",
            "onnx", "1.17.0", UNKNOWN, "https://github.com/onnx/onnx/pull/6959",
        ),
        _Instance("model.touches-files", _ONNX, seen="outside the model's folder"),
    ),
    (
        Advisory(
            "CVE-2023-6730", "the index of a RAG model is unpickled from where the config says",
            "transformers", "before 4.36", "4.36", f"{_NVD}CVE-2023-6730",
        ),
        _Instance("code.elsewhere", pointer=r"/(?:index_path|passages_path|index_name)\Z"),
    ),
    (
        Advisory(
            "CVE-2026-4372", "the config names a repository whose code runs without trust_remote_code",
            "transformers", "before 5.3.0", "5.3.0", f"{_NVD}CVE-2026-4372",
        ),
        _Instance("code.elsewhere", pointer="_attn_implementation"),
    ),
    (
        Advisory(
            "CVE-2026-22807", "auto_map runs code of another repository although trust_remote_code is off",
            "vllm", "0.10.1 to 0.13", "0.14.0",
            "https://github.com/vllm-project/vllm/security/advisories/GHSA-2pc9-4j83-qjmr",
        ),
        _Instance("code.elsewhere", pointer=r"\A/auto_map/", name="--"),
    ),
    (
        Advisory(
            "CVE-2025-66448", "auto_map of the vision part runs code of another repository, trusted or not",
            "vllm", "before 0.11.1", "0.11.1", "https://github.com/advisories/GHSA-8fr4-5q9j-m8gm",
        ),
        _Instance("code.elsewhere", pointer=r"\A/vision_config/auto_map/", name="--"),
    ),
    (
        Advisory(
            "CVE-2026-5843", "mlx-lm runs the Python file that model_file names, without asking",
            "Docker Desktop with Model Runner", "before 4.71.0", "4.71.0", f"{_NVD}CVE-2026-5843",
        ),
        _Instance("code.reaches-outside", way=r"; mlx-lm goes \S+ /model_file = "),
    ),
    (
        Advisory(
            "CVE-2024-34359", "the chat template of a GGUF file is rendered without a sandbox",
            "llama-cpp-python", "0.2.30 to 0.2.71", "0.2.72",
            "https://github.com/abetlen/llama-cpp-python/security/advisories/GHSA-56xg-wfcc-g829",
        ),
        _Instance("template.unsafe-construct", r"\.gguf\Z", seen=r"\A(?:private attribute|unknown name)"),
    ),
    (
        Advisory(
            "CVE-2025-10155", "a pickle under the name of another format is not scanned",
            "picklescan", "up to 0.0.30", "0.0.31", f"{_NVD}CVE-2025-10155",
        ),
        _Instance("artifact.disguised", seen="content is a pickle"),
    ),
    (
        Advisory(
            "CVE-2025-10156", "an archive with a wrong checksum is not scanned, and PyTorch reads it",
            "picklescan", "up to 0.0.30", "0.0.31", f"{_NVD}CVE-2025-10156",
        ),
        _Instance("archive.ambiguous", r"\.(?:pt|pth|bin|ckpt)\Z", seen="another checksum"),
    ),
    (
        Advisory(
            "CVE-2025-1716", "a pickle that calls pip is not told", "picklescan", "before 0.0.21", "0.0.21",
            f"{_NVD}CVE-2025-1716",
        ),
        _Instance("pickle.reaches-outside", name=r"\Apip\."),
    ),
    (
        Advisory(
            "CVE-2019-6446", "numpy.load unpickled objects in arrays without asking",
            "numpy", "up to 1.16.0", "1.16.3, where allow_pickle is off", f"{_NVD}CVE-2019-6446",
        ),
        _Instance("pickle.reaches-outside", r"\.np[yz](?: > .*)?\Z"),
    ),
    (
        Advisory(
            "CVE-2007-4559", "members of a tar are unpacked outside the folder",
            "Python tarfile", "without a filter", "3.14, where the filter is on", "https://peps.python.org/pep-0706/",
        ),
        _Instance("archive.escapes", r"\.(?:tar|tgz|tar\.\w+|nemo)\Z"),
    ),
)  # fmt: skip


def advisories(finding: Finding) -> tuple[Advisory, ...]:
    """The advisories that a finding is an instance of, in the order of the table; none for what is no fail."""
    if finding.kind is not Kind.FAIL:
        return ()
    return tuple(advisory for advisory, instance in _ROWS if instance.shown_by(finding))


def about(check: str) -> tuple[Advisory, ...]:
    """The advisories whose instances the check finds."""
    return tuple(advisory for advisory, instance in _ROWS if instance.check == check)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
