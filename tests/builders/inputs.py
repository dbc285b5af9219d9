"""One small file of each kind that holds documents: a sentence, and beside it what is no part of the text."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable

import zstandard

SAID = "the purple walrus quietly juggles nineteen glass teapots in Vorkhamstead"
ASIDE = "nobody should ever find these seven words"
PAGE = (
    f"<html><head><title>Walrus</title><script>var x = '{ASIDE}'</script></head><body><nav>Home About</nav>"
    f"<article><p>{SAID}.</p></article></body></html>"
)


def record(kind: str, content: str, body: bytes, **more: str) -> bytes:
    """One record of a WARC file."""
    head = {
        "WARC-Type": kind, "WARC-Record-ID": "<urn:uuid:2>", "WARC-Date": "2024-05-01T00:00:00Z",
        "WARC-Target-URI": "http://example.org/a", "Content-Type": content, "Content-Length": str(len(body)),
        **{name.replace("_", "-"): value for name, value in more.items()},
    }  # fmt: skip
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return b"WARC/1.0\r\n" + lines.encode() + b"\r\n" + body + b"\r\n\r\n"


def warc() -> bytes:
    """What a crawl keeps: a request, a page that came under gzip, a picture."""
    packed = gzip.compress(PAGE.encode())
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Encoding: gzip\r\n\r\n"
    http = "application/http; msgtype=response"
    picture = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\nPNG"
    records = [
        record("warcinfo", "application/warc-fields", ASIDE.encode()),
        record("request", "application/http; msgtype=request", b"GET / HTTP/1.1\r\nX: " + ASIDE.encode() + b"\r\n\r\n"),
        record("response", http, head + packed),
        record("response", http, picture),
    ]
    return b"".join(records)


def wet() -> bytes:
    """What Common Crawl extracts."""
    return record("conversion", "text/plain", SAID.encode(), WARC_Identified_Content_Language="eng")


def wiki() -> bytes:
    """A dump of a wiki: an article, a redirect, a talk page."""
    text = (
        f"{{{{Infobox|a={{{{b|{ASIDE}}}}}}}}}\n{{|\n| {ASIDE}\n|}}\n== Life ==\n'''the purple''' [[walrus|walrus]] "
        f"quietly [https://x.org juggles] nineteen<ref name=a>{ASIDE}</ref> glass&amp;nbsp;teapots in "
        f"[[Vorkhamstead]]\n"
        f"[[File:a.png|thumb|{ASIDE}]]<!-- {ASIDE} -->"
    )
    escaped = text.replace("&", "&amp;").replace("&amp;amp;", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    pages = (
        f"<page><title>The Walrus</title><ns>0</ns><id>12</id><revision><id>9</id><timestamp>2024-01-02T00:00:00Z"
        f"</timestamp><model>wikitext</model><text xml:space='preserve'>{escaped}</text></revision></page>"
        f"<page><title>Odobenus</title><ns>0</ns><id>13</id><redirect title='The Walrus'/><revision><text>#REDIRECT "
        f"[[The Walrus]]</text></revision></page><page><title>Talk:The Walrus</title><ns>1</ns><id>14</id><revision>"
        f"<text>{ASIDE}</text></revision></page>"
    )
    return (
        '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" xml:lang="en"><siteinfo>'
        f"<base>https://en.wikipedia.org/wiki/Main_Page</base></siteinfo>{pages}</mediawiki>"
    ).encode()


def notebook() -> bytes:
    """A notebook with an output."""
    cells = [
        {"cell_type": "markdown", "source": ["the purple walrus quietly\n", "juggles nineteen glass teapots"]},
        {"cell_type": "code", "source": "in_Vorkhamstead", "outputs": [{"output_type": "stream", "text": [ASIDE]}]},
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()


def latex() -> bytes:
    """A paper."""
    return (
        "\\documentclass[11pt]{article}\\usepackage{amsmath}\n\\title{On \\emph{walruses}}\n\\begin{document}\n"
        f"\\maketitle the {{\\bf purple}} walrus\\label{{nobody}} \\emph{{quietly}} juggles~nineteen % {ASIDE}\n"
        "glass \\cite{nobody2020} teapots in \\textbf{Vorkhamstead}. Na\\\"{\\i}ve caf\\'e, 5\\% of it\\\\\n"
        "\\end{document}\n"
    ).encode()


def subtitles() -> bytes:
    """SubRip."""
    return (
        b"1\n00:00:01,000 --> 00:00:02,500\n<i>the purple walrus</i> quietly\n\n2\n00:00:03,000 --> 00:00:04,000\n"
        b"{\\an8}juggles nineteen glass\nteapots in Vorkhamstead\n"
    )


def vtt() -> bytes:
    """WebVTT."""
    return (
        f"WEBVTT\n\nNOTE {ASIDE}\n\nSTYLE\n::cue {{ color: red }}\n\nintro\n00:01.000 --> 00:02.500 align:start\n"
        "<v Roger>the purple walrus quietly juggles\nnineteen glass teapots in Vorkhamstead\n"
    ).encode()


def epub(chapter: str = PAGE) -> bytes:
    """A book of two chapters, of which the second lies first in the file."""
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        "<dc:title>The Walrus</dc:title><dc:language>en</dc:language><dc:rights>CC-BY-4.0</dc:rights></metadata>"
        '<manifest><item id="b" href="b.xhtml" media-type="application/xhtml+xml"/><item id="a" href="a%20a.xhtml" '
        'media-type="application/xhtml+xml"/><item id="p" href="p.png" media-type="image/png"/></manifest>'
        '<spine><itemref idref="a"/><itemref idref="b"/></spine></package>'
    )
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("mimetype", "application/epub+zip")
        container = '<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
        book.writestr("META-INF/container.xml", container)
        book.writestr("OEBPS/book.opf", package)
        book.writestr("OEBPS/b.xhtml", "<html><body><p>the second chapter</p></body></html>")
        book.writestr("OEBPS/a a.xhtml", chapter)
    return held.getvalue()


def pdf(*texts: str, more: bytes = b"") -> bytes:
    """A page for each text, with its lines, and one that is blank; the first has `more` among its resources."""
    kept = [b"<</Type/Catalog/Pages 2 0 R>>", b"", b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    kept.append(b"<</Title(The Walrus)>>")
    pages = []
    for text in texts or (SAID,):
        lines = "".join(f"({line}) Tj T*\n" for line in re.sub(r"([()\\])", r"\\\1", text).split("\n"))
        stream = zlib.compress(f"BT /F1 9 Tf 10 TL 72 720 Td\n{lines}ET".encode())
        kept.append(b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(stream), stream))
        fonts = b"/Contents %d 0 R/Resources<</Font<</F1 3 0 R>>%s>>" % (len(kept), more)
        pages.append(b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]%s>>" % fonts)
        more = b""
    pages.append(b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]>>")
    kids = b" ".join(b"%d 0 R" % (len(kept) + number) for number in range(1, len(pages) + 1))
    kept[1] = b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, len(pages))
    raw, starts = b"%PDF-1.4\n", []
    for number, body in enumerate([*kept, *pages], 1):
        starts.append(len(raw))
        raw += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    size = len(starts) + 1
    trailer = b"trailer<</Size %d/Root 1 0 R/Info 4 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, len(raw))
    return raw + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer


def tar(*members: tuple[str, bytes], mode: str = "w") -> bytes:
    """An archive; by default of a text, packed rows, something without a reader and a link."""
    held = io.BytesIO()
    rows = gzip.compress(b'{"text": "rows in an archive", "license": "mit"}\n')
    given = members or (("in/a.txt", SAID.encode()), ("in/b.jsonl.gz", rows), ("in/c.xyz", b"who knows"))
    with tarfile.open(fileobj=held, mode=mode) as archive:  # type: ignore[call-overload]
        for name, raw in given:
            member = tarfile.TarInfo(name)
            member.size = len(raw)
            archive.addfile(member, io.BytesIO(raw))
        link = tarfile.TarInfo("in/link.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return held.getvalue()


def docx(*paragraphs: str) -> bytes:
    """A Word document with a footnote, a comment, deleted words, and a text box in two forms; before it paragraphs."""
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:mc="urn:mc"'
    box = "<w:txbxContent><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:txbxContent>"
    body = (
        f"<w:document {space}><w:body>{''.join(f'<w:p><w:r><w:t>{text}</w:t></w:r></w:p>' for text in paragraphs)}"
        "<w:p><w:r><w:t>the purple walrus </w:t></w:r>"
        "<w:r><w:t>quietly juggles</w:t></w:r>"
        f"<w:del><w:r><w:delText>{ASIDE}</w:delText></w:r></w:del><w:r><w:instrText>{ASIDE}</w:instrText></w:r></w:p>"
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>nineteen glass teapots in Vorkhamstead</w:t></w:r></w:p></w:tc></w:tr>"
        "</w:tbl>"
        f"<mc:AlternateContent><mc:Choice>{box.format('in a box')}</mc:Choice><mc:Fallback>{box.format(ASIDE)}"
        "</mc:Fallback></mc:AlternateContent></w:body></w:document>"
    )
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("word/document.xml", body)
        book.writestr("word/footnotes.xml", f"<w:footnotes {space}><w:p><w:t>a note below</w:t></w:p></w:footnotes>")
        book.writestr("word/comments.xml", f"<w:comments {space}><w:p><w:t>{ASIDE}</w:t></w:p></w:comments>")
        book.writestr("word/media/image1.png", b"PNG")
        book.writestr("docProps/core.xml", "<c xmlns:d='urn:dc'><d:title>On walruses</d:title></c>")
    return held.getvalue()


def zipped(*members: tuple[str, bytes]) -> bytes:
    """An archive of these files, or of a text, rows, a file of no known kind and a link."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in members or (("in/a.txt", SAID.encode()), ("b.jsonl", b'{"text": "more"}'), ("c.xyz", b"?")):
            archive.writestr(name, raw)
        if not members:
            link = zipfile.ZipInfo("d.txt")
            link.external_attr = 0o120777 << 16
            archive.writestr(link, "/etc/passwd")
    return held.getvalue()


def wat() -> bytes:
    """What Common Crawl keeps about a page."""
    page = {
        "Head": {
            "Title": "Walrus",
            "Metas": [{"name": "Description", "content": SAID}, {"name": "v", "content": ASIDE}],
        },
        "Links": [{"path": "A@/href", "url": "http://example.org/b", "text": "a link to teapots"}],
    }
    payload = {"HTTP-Response-Metadata": {"Headers": {"X": ASIDE}, "HTML-Metadata": page}}
    said = json.dumps({"Envelope": {"Payload-Metadata": payload}}).encode()
    about = json.dumps({"Envelope": {"Payload-Metadata": {"WARC-Info-Metadata": {"x": ASIDE}}}}).encode()
    return record("metadata", "application/json", about) + record("metadata", "application/json", said)


FILES: dict[str, Callable[[], bytes]] = {
    "a.warc": warc,
    "a.warc.gz": lambda: gzip.compress(warc()) + gzip.compress(record("conversion", "text/plain", b"more text")),
    "a.warc.wet.gz": lambda: gzip.compress(wet()),
    "wiki.xml": wiki,
    "wiki.xml.bz2": lambda: bz2.compress(wiki()),
    "a.ipynb": notebook,
    "a.tex": latex,
    "a.srt": subtitles,
    "a.vtt": vtt,
    "a.epub": epub,
    "a.pdf": pdf,
    "a.docx": docx,
    "a.wat.gz": lambda: gzip.compress(wat()),
    "a.zip": zipped,
    "a.tar": tar,
    "a.tgz": lambda: tar(mode="w:gz"),
    "a.tar.zst": lambda: zstandard.compress(tar()),
    "a.txt.xz": lambda: lzma.compress(SAID.encode()) + bytes(8) + lzma.compress(b" and more"),
    "a.rs": lambda: f"// {SAID}\nfn main() {{}}\n".encode(),
}
EXTRAS = {
    "warc": "warcio",
    "wet": "warcio",
    "wat": "warcio",
    "pdf": "pypdf",
}  # ending -> the library that its kind needs
