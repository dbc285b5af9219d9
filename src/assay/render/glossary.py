"""Words that a report cannot avoid, each in one plain sentence with where it comes from."""

from __future__ import annotations

from assay.lazy import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """A word as reports write it, what it means in one sentence, and whose word it is; `forms` are its other forms."""

    word: str
    plain: str
    source: str
    forms: tuple[str, ...] = ()


_ASSAY, _SARIF = "assay", "SARIF 2.1.0, section 3.27.9"
_SIGNING, _MOF = "OpenSSF model signing 1.0", "Model Openness Framework 1.0"
TERMS = (
    # what an audit says
    Term("PASSED", "The policy blocks nothing that was found, and all that it requires was examined.", "in-toto VSA"),
    Term("FAILED", "The policy does not accept at least one of the findings.", "in-toto VSA"),
    Term("INCOMPLETE", "Something that the policy requires is not known, or a person has to decide first.", _ASSAY),
    Term("finding", "One answer of one check about this model, with where to look.", _SARIF, ("findings",)),
    Term("check", "One question that is asked of every model, under a name that never changes.", _SARIF, ("checks",)),
    Term("fail", "The defect that the check asks for is there.", _SARIF, ("fails",)),
    Term("review", "Something that only a person can judge was found.", _SARIF, ("reviews",)),
    Term("open", "The question could not be answered from what there is: not known, which is not harmless.", _SARIF),
    Term("informational", "Worth knowing, neither good nor bad.", _SARIF),
    Term("not applicable", "There is nothing in this model that the question could be asked of.", _SARIF),
    Term("pass", "What the check names was examined, and the defect was not found in it.", _SARIF, ("passes",)),
    Term("severity", "How bad the defect is where it is found, from 0 to 10.", "CVSS 3.1"),
    Term("policy", "The rules by which findings block, wait for a decision, or are only listed.", _ASSAY),
    Term("waiver", "A person's signed-for exception for one finding, with reason, owner and end.", "VEX", ("waivers",)),
    Term(
        "baseline", "A list of findings that are known already and do not block again.", "SARIF 2.1.0", ("baselines",)
    ),
    Term("accepted", "Found, and let pass by a waiver or a baseline.", _ASSAY),
    Term("fingerprint", "A short name of a finding that stays the same when the audit is done again.", "SARIF 2.1.0"),
    Term("dossier", "The whole record of an audit, the same bytes for the same model and rules.", _ASSAY),
    Term("evidence", "Where in the model to look, and what was seen there.", "SARIF location"),
    Term("isolation", "What keeps a hostile file from harming the machine that reads it.", _ASSAY),
    Term("Landlock", "A lock of Linux: the reading process cannot open other files.", "Linux", ("landlock",)),
    Term("seccomp", "A lock of Linux: the reading process cannot start programs or use the network.", "Linux"),
    Term("rlimits", "Bounds on memory, time and files of the reading process.", "POSIX setrlimit"),
    # the files
    Term("digest", "A number computed from bytes (SHA-256): other bytes, another number.", "FIPS 180-4", ("sha256",)),
    Term("manifest", "The list of the model's files with their digests; its own digest names the model.", _SIGNING),
    Term("inert", "A file of a kind that nothing loads or runs, so that no reader looked into it.", _ASSAY),
    Term("examined", "A reader of its format looked into the file to the end.", _ASSAY),
    Term("standing", "Whether a file was examined, is of a kind that nothing loads, or was not examined.", _ASSAY),
    Term("pickle", "Python's format for objects: loading one runs the program that it is.", "Python", ("pickles",)),
    Term("safetensors", "A format for tensors that holds values and nothing that runs.", "safetensors"),
    Term(
        "GGUF", "The file format of llama.cpp: tensors, settings, tokenizer and template in one.", "ggml docs/gguf.md"
    ),
    Term("remote code", "Python files of a model that a loader imports if it is told to.", "transformers"),
    Term("reach", "What code can get at from where it stands: files, processes, the network.", _ASSAY, ("reaches",)),
    Term(
        "control token", "A token that marks turns or the end, and is not meant to be written by users.", "transformers"
    ),
    Term("forgeable token", "A control token that a user can make the model see by typing its name.", "OWASP LLM01"),
    Term("chat template", "The small program that turns a conversation into the model's input.", "transformers"),
    # the parameters
    Term("parameter", "One of the learned numbers of a model.", "ISO/IEC 22989", ("parameters", "weights")),
    Term("tensor", "A named block of parameters.", "safetensors", ("tensors",)),
    Term("role", "What a tensor does in its layer, such as the query of attention.", _ASSAY, ("roles",)),
    Term("quantised", "Stored with fewer bits for each parameter, which loses some precision.", "ggml"),
    Term("untrained", "Left as it was set before training, or hardly moved by it.", _ASSAY),
    Term(
        "kurtosis",
        "How heavy the tails of a distribution are: large where single values stand far out.",
        "Pearson 1905",
    ),
    Term("base model", "The model that this one was made from.", "model card", ("base models",)),
    # behaviour and data
    Term("error rate", "The share of questions with a known answer that the model answers wrongly.", _ASSAY),
    Term("AUROC", "How well a score tells wrong answers from right ones: 0.5 is chance, 1 is always.", "Fawcett 2006"),
    Term("calibrated", "Of the answers said to be right with 80 % about 80 % are right.", "Guo et al. 2017"),
    Term("abstain", "Not to answer where the model is too unsure.", "El-Yaniv and Wiener 2010", ("abstains",)),
    Term("corpus", "A collection of texts, such as training data, made searchable.", _ASSAY, ("corpora",)),
    Term("memorised", "Repeated word for word from the training data.", "Carlini et al. 2023"),
    # openness
    Term("MOF", "The Model Openness Framework: which parts of a model have to be published for it to be open.", _MOF),
    Term("MOF class", "One of three degrees of openness: III the model, II its tools too, I its data too.", _MOF),
    Term("Class III", "Open Model: parameters, architecture, and the documents about them, openly licensed.", _MOF),
    Term("Class II", "Open Tooling: Class III, and the code to train, evaluate and run it.", _MOF),
    Term("Class I", "Open Science: Class II, and the training data, its preparation and the paper.", _MOF),
    Term("component", "One of the parts that the framework asks for, such as the model card.", _MOF, ("components",)),
    Term("by evidence", "Counting only what is in the files and was looked at.", _ASSAY),
    Term("by claim", "Counting also what the publisher only says.", _ASSAY),
    Term("model card", "The page on which a publisher says what a model is, and is not, for.", "Mitchell et al. 2019"),
    Term("SPDX", "The standard list of licence names.", "SPDX 3.0"),
    Term("copyleft", "A licence that what is made from the work has to carry too.", "GNU project"),
)


def term(word: str) -> Term | None:
    """The term with this word or form, whatever its case."""
    wanted = word.casefold()
    return next((row for row in TERMS if wanted in (row.word.casefold(), *map(str.casefold, row.forms))), None)
