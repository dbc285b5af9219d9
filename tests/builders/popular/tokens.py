"""Tokenizers in small: tokenizer.json by its library, and the files of its older classes beside it."""

from __future__ import annotations

import base64
import json
import struct
from functools import cache
from typing import Any

from tests.builders.popular import Part
from tests.hostile.graphs import field

_TEXT = [
    "the red cat sat on the blue mat",
    "a model of language reads and writes words",
    "numbers: 1, 2, 30 and 42",
] * 4
_SPLIT = r"(?i:'s|'t|'re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


@cache
def library(kind: str, special: tuple[str, ...]) -> Any:
    """The tokenizer of the library `tokenizers`, trained on a few sentences."""
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

    own = list(special)
    if kind == "wordpiece":
        made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        made.normalizer = normalizers.BertNormalizer(lowercase=True)
        made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        made.decoder = decoders.WordPiece()
        made.train_from_iterator(
            _TEXT, trainers.WordPieceTrainer(vocab_size=120, special_tokens=own, show_progress=False)
        )
        ids = {name: made.token_to_id(name) for name in ("[CLS]", "[SEP]")}
        made.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=list(ids.items())
        )
    elif kind in ("bpe", "split"):
        made = Tokenizer(models.BPE())
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        if kind == "split":
            made.normalizer = normalizers.NFC()
            made.pre_tokenizer = pre_tokenizers.Sequence(
                [pre_tokenizers.Split(Regex(_SPLIT), "isolated"), pre_tokenizers.ByteLevel(False, use_regex=False)]
            )
        made.decoder = decoders.ByteLevel()
        made.post_processor = processors.ByteLevel(trim_offsets=False)
        letters = pre_tokenizers.ByteLevel.alphabet()
        made.train_from_iterator(
            _TEXT, trainers.BpeTrainer(vocab_size=290, initial_alphabet=letters, special_tokens=[], show_progress=False)
        )
        made.add_special_tokens(own)
    elif kind == "unigram":
        pieces = [(name, 0.0) for name in own] + [(name, -2.0 - at / 10) for at, name in enumerate(_pieces())]
        made = Tokenizer(models.Unigram(pieces, unk_id=own.index("<unk>")))
        made.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
        made.pre_tokenizer = pre_tokenizers.Metaspace()
        made.decoder = decoders.Metaspace()
        made.add_special_tokens(own)
    else:
        bytes_ = [f"<0x{number:02X}>" for number in range(256)]
        vocabulary = {name: at for at, name in enumerate([*own, *bytes_, *_pieces()])}
        made = Tokenizer(models.BPE(vocabulary, [], unk_token="<unk>", byte_fallback=True, fuse_unk=True))
        made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
        made.decoder = decoders.Sequence(
            [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
        )
        made.add_special_tokens(own)
    return made


def _pieces() -> list[str]:
    words = sorted({word for text in _TEXT for word in text.split()})
    return [
        "▁",
        *sorted({letter for word in words for letter in word}),
        *(f"▁{word}" for word in words if len(word) > 1),
    ]


def _unique(part: Part) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.special.values()))


def size(part: Part) -> int:
    """How many tokens there are."""
    return int(library(part.tokens, _unique(part)).get_vocab_size())


def files(part: Part, names: str = "") -> dict[str, bytes]:
    """What each file of the tokenizer holds, by name."""
    made = library(part.tokens, _unique(part))
    described = json.loads(made.to_str())
    order = sorted(made.get_vocab().items(), key=lambda entry: int(entry[1]))
    vocabulary = dict(order)
    merges = [" ".join(pair) for pair in described["model"].get("merges", [])]
    own = {
        token: {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True}
        for token in _unique(part)
    }
    decoder = {str(vocabulary[token]): {"content": token, **flags} for token, flags in own.items()}
    settings: dict[str, Any] = {
        **{"added_tokens_decoder": decoder, "clean_up_tokenization_spaces": True},
        **{role: token for role, token in part.special.items() if role.endswith("_token")},
        **({"chat_template": part.template} if part.template else {}),
        **{"model_max_length": 512, "tokenizer_class": _CLASS[part.tokens]},
    }
    roles = {role: token for role, token in part.special.items() if role.endswith("_token")}
    base = [(name, at) for name, at in order if name not in own or part.tokens == "wordpiece"]
    ranks = b"".join(base64.b64encode(bytes([(at + 33) % 256])) + f" {at}\n".encode() for at in range(256))
    return {
        "tokenizer.json": made.to_str(True).encode(),
        "tokenizer_config.json": json.dumps(settings, indent=2).encode(),
        "special_tokens_map.json": json.dumps(roles, indent=2).encode(),
        "vocab.txt": "\n".join(name for name, _ in order).encode() + b"\n",
        "vocab.json": json.dumps(dict(base), ensure_ascii=False).encode(),
        "merges.txt": "\n".join(["#version: 0.2", *merges, ""]).encode(),
        "added_tokens.json": json.dumps({token: vocabulary[token] for token in own}).encode(),
        "tokenizer.model": ranks if part.tokens == "split" else sentencepiece(part),
        "tokenizer.model.v3": sentencepiece(part),
        "sentencepiece.bpe.model": sentencepiece(part),
        "spiece.model": sentencepiece(part),
        "chat_template.jinja": part.template.encode(),
    }


_CLASS = {
    "wordpiece": "BertTokenizer",
    "bpe": "GPT2Tokenizer",
    "split": "PreTrainedTokenizerFast",
    "unigram": "XLMRobertaTokenizer",
    "sentencepiece": "LlamaTokenizer",
}


def sentencepiece(part: Part) -> bytes:
    """A SentencePiece model with the same pieces (sentencepiece_model.proto)."""
    control = _unique(part)
    rows: list[bytes] = []
    for name in [*control, *_pieces()]:
        kind = 2 if name == "<unk>" else 3 if name in control else 1
        rows.append(field(1, name) + b"\x15" + struct.pack("<f", -float(len(rows))) + field(3, kind))
    trainer = field(3, 1 if part.tokens == "unigram" else 2) + field(4, len(rows))
    return b"".join(field(1, row) for row in rows) + field(2, trainer) + field(3, field(1, "identity") + field(3, 1))
