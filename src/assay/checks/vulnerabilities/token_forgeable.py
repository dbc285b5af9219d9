"""Can plain user text produce control tokens?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, review
from assay.facts.model import folder
from assay.facts.structure import Aspect
from assay.facts.text import TemplateTrial
from assay.facts.tokenizer import Tokenizer, TokenRole

# how each engine keeps user text from being read as control tokens
_CLOSES = {
    "tokenizers": (
        "tokenise user text with split_special_tokens=True (transformers), "
        "or set tokenizer.encode_special_tokens = True (tokenizers)"
    ),
    "llama.cpp": "tokenise user text with parse_special=false (llama_tokenize), apart from the template's own text",
    "sentencepiece": (
        "tokenise user text with split_special_tokens=True (transformers); "
        "SentencePiece itself does not match control pieces in text"
    ),
    "tiktoken": "encode user text with disallowed_special or encode_ordinary (tiktoken)",
}

# where each engine's file keeps its tokens
_TOKENS = {"tokenizers": "/added_tokens, id", "llama.cpp": "tokenizer.ggml.tokens"}


@check(
    "token.forgeable",
    title="Can plain user text produce control tokens?",
    severity=5.3,
    remedy="Tokenise user text with special tokens switched off, apart from the template's own text.",
    references=("OWASP AISVS 2.1.7", "CWE-74", "OWASP LLM01:2025"),
    aspects=(Aspect.TOKENS,),
)
def token_forgeable(tokenizer: Tokenizer, trials: tuple[TemplateTrial, ...]) -> Iterator[Answer]:
    """By default the tokenizer turns the text of a control token into the token, whoever wrote the text.

    A user who writes `<|im_end|>` then ends his own turn and can begin one in another's name. Nearly every model is
    like this, so it is for review and not a fail: the serving setting named in the answer closes it. The count is exact
    for this tokenizer: every control token with a text of its own is matched whole in plain text. The evidence says
    which parts of a message the template was seen to put into the prompt as plain text: each is a way in.
    """
    control = [token for token in tokenizer.tokens if token.role is TokenRole.CONTROL]
    forgeable = [token for token in control if token.text]
    own = [trial for trial in trials if folder(trial.artifact) == folder(tokenizer.artifact)]
    if forgeable:
        yield review(
            f"{tokenizer.artifact}: plain text can produce {len(forgeable):,} "
            f"of {len(control):,} control tokens, such as {forgeable[0].text!r}",
            *(
                Evidence(
                    tokenizer.artifact,
                    token.text,
                    pointer=f"{_TOKENS.get(tokenizer.engine, 'token')} {token.id}",
                    name=token.text,
                )
                for token in forgeable[:200]
            ),
            *(
                Evidence(
                    trial.artifact,
                    f"plain text reaches the prompt through: {', '.join(trial.fields)}",
                    pointer=trial.pointer or None,
                    name="fields",
                )
                for trial in own or trials
                if trial.fields
            ),
            remedy=f"For user text: {_CLOSES.get(tokenizer.engine, 'switch special tokens off')}.",
        )
