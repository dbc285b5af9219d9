"""Addresses of licence texts, to the names by which their publishers file them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from assay.lazy import regex
from assay.licence.unlisted import UNLISTED

_BEGINS = regex(r"(?:https?://|www\.)", re.IGNORECASE)
_START = regex(r"(?:https?://)?(?:www\.)?", re.IGNORECASE)
_ENDING = regex(r"(?:\.(?:html?|txt|md|php|json|rdf))+\Z")
# how the address reads in lower case, without its beginning and ending -> the name of the licence
_PLACES = (
    (r"choosealicense\.com/licenses/([^/]+)", r"\1"),
    (r"huggingface\.co/datasets/choosealicense/licenses/blob/main/markdown/([^/]+)", r"\1"),
    (r"spdx\.org/licenses/([^/]+)", r"\1"),
    (r"opensource\.org/licenses?/([^/]+)", r"\1"),
    (
        r"creativecommons\.org/licenses/([a-z-]+)/(\d\.\d)(?:/(igo|[a-z]{2}))?(?:/(?:deed|legalcode)[^/]*)?",
        r"cc \1 \2 \3",
    ),
    (r"creativecommons\.org/publicdomain/zero/1\.0(?:/(?:deed|legalcode)[^/]*)?", "CC0-1.0"),
    (r"creativecommons\.org/publicdomain/mark/1\.0(?:/deed[^/]*)?", "CC-PDM-1.0"),
    (r"gnu\.org/licenses/(?:old-licenses/)?((?:[al]?gpl|fdl)-\d\.\d)(?:-standalone)?(?:\.[a-z]{2})?", r"\1"),
    (r"apache\.org/licenses/license-(\d\.\d)", r"apache \1"),
    (r"opendatacommons\.org/licenses/by(?:/1[-.]0)?(?:/summary)?", "ODC-By-1.0"),
    (r"opendatacommons\.org/licenses/odbl(?:/1[-.]0)?(?:/summary)?", "ODbL-1.0"),
    (r"opendatacommons\.org/licenses/pddl(?:/1[-.]0)?(?:/summary)?", "PDDL-1.0"),
    (r"cdla\.(?:dev|io)/(permissive|sharing)-(\d)-(\d)", r"cdla \1 \2.\3"),
    (r"mozilla\.org/(?:[a-z]{2}(?:-[a-z]{2})?/)?mpl/(\d\.\d)", r"mpl \1"),
    (r"eclipse\.org/legal/epl-v(\d)(\d)", r"epl \1.\2"),
    (r"eclipse\.org/legal/epl-(\d\.\d)", r"epl \1"),
    (r"eclipse\.org/legal/epl/epl-2\.0", "EPL-2.0"),
    (r"nationalarchives\.gov\.uk/doc/open-government-licence/version/(\d)", r"ogl uk \1"),
    (r"openmdw\.ai/license/(\d)-(\d)", r"openmdw \1.\2"),
    (r"boost\.org/license_1_0", "BSL-1.0"),
    # the licence files of publishers' repositories, whatever the size of the model
    (r"huggingface\.co/meta-llama/(?:meta-)?llama-(\d(?:\.\d)?)-[^/]+/blob/main/license", r"llama \1"),
    (r"huggingface\.co/meta-llama/(?:meta-)?llama-(\d(?:\.\d)?)-[^/]+/blob/main/use_policy", r"llama \1 use policy"),
    (r"(?:llama\.meta|llama)\.com/llama(\d)/use-policy", r"llama \1 use policy"),
    (r"(?:llama\.meta|llama)\.com/llama(\d)_(\d)/use-policy", r"llama \1.\2 use policy"),
    (r"github\.com/(?:facebookresearch|meta-llama)/llama/blob/main/license", "llama 2"),
    (r"(?:github\.com|huggingface\.co)/deepseek-ai/[^/]+/blob/main/license-model", "deepseek"),
    (r"huggingface\.co/deepseek-ai/deepseek-(?:v2|coder|llm|moe|math|vl)[^/]*/blob/main/license", "deepseek"),
    (r"huggingface\.co/stabilityai/stable-diffusion-3(?:\.5)?-[^/]+/blob/main/license", "stability-ai-community"),
    (r"huggingface\.co/qwen/qwen2\.5-(?:coder-|vl-)?3b(?:-[^/]+)?/blob/main/license", "qwen-research"),
    (r"huggingface\.co/qwen/qwen2\.5-(?:vl-)?72b(?:-[^/]+)?/blob/main/license", "qwen"),
    (r"huggingface\.co/black-forest-labs/flux\.1-[^/]*dev[^/]*/blob/main/license", "flux-1-dev-non-commercial-license"),
    (r"developers\.google\.com/health-ai-developer-foundations/terms", "health-ai-developer-foundations"),
    (r"freedevproject\.org/faipl-1\.0-sd", "faipl-1.0-sd"),
    (r"unlicense\.org", "Unlicense"),
    (r"wtfpl\.net(?:/about)?", "WTFPL"),
)
# each with the host that it begins with, if it is the one and only: a place elsewhere is not worth compiling
_PATTERNS = tuple(
    ("" if "(" in host or "[" in host else host.replace("\\", ""), regex(place), name)
    for place, name in _PLACES
    for host in [place.partition("/")[0]]
)


def is_address(text: str) -> bool:
    """Whether the text is an address on the web."""
    return bool(_BEGINS.match(text)) and not re.search(r"\s", text.strip())


def addressed(address: str) -> Iterator[str]:
    """The names of licences that an address may stand for, the likeliest first; none where nobody files licences."""
    bare = _bare(address)
    yield from (row.id for row in UNLISTED if bare in row.addresses)
    for host, place, name in _PATTERNS:
        if bare.startswith(host) and (found := place.fullmatch(bare)):
            said = found.expand(name).strip()
            yield said
            yield re.sub(r"(?<=\d)-(?=\d)", ".", said)  # opensource.org/license/apache-2-0


def _bare(address: str) -> str:
    """The address in lower case without scheme, query, ending of a file, or the hub's ways to show one."""
    place = unquote(_START.sub("", address.strip(), count=1)).casefold()
    place = re.split(r"[?#]", place, maxsplit=1)[0].rstrip("/")
    place = re.sub(r"\A(huggingface\.co/(?:[^/]+/)?[^/]+/[^/]+)/(?:raw|resolve)/", r"\1/blob/", place)
    return _ENDING.sub("", place)
