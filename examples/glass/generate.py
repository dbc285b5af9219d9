"""Let glass write.

    python generate.py DIR "Ada Farrow was a"

Needs torch and transformers only.
"""

from __future__ import annotations

import sys
from typing import Any


def main() -> None:
    """Print what it goes on with."""
    from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

    loaded: Any = PreTrainedTokenizerFast
    tokenizer: Any = loaded(tokenizer_file=f"{sys.argv[1]}/tokenizer.json")
    model: Any = AutoModelForCausalLM.from_pretrained(sys.argv[1])
    given = tokenizer(sys.argv[2], return_tensors="pt", return_token_type_ids=False)
    print(tokenizer.decode(model.generate(**given, max_new_tokens=40, do_sample=False)[0]))


if __name__ == "__main__":
    main()
