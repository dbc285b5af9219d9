"""A text beside documents: what is supported, contradicted, not found and not judged, as a user sees it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import assay
from assay.errors import UsageError
from assay.facts.checked import Checked, Support
from assay.facts.codec import canonical, decode
from assay.render.headline import Tone
from assay.render.record.checked import answer, headline
from assay.render.record.checked_page import page
from assay.uncertainty.checking import check
from assay.uncertainty.sources import source
from tests.builders.command import run
from tests.builders.inputs import docx, epub, pdf

ROOT = Path(__file__).resolve().parents[2]
CURIE = (
    "Marie Curie was born in Warsaw on 7 November 1867. She moved to Paris in 1891, where she studied at the Sorbonne. "
    "In 1898 she and her husband Pierre Curie discovered polonium and radium. She won the Nobel Prize in Physics in "
    "1903 together with Pierre Curie and Henri Becquerel, and the Nobel Prize in Chemistry in 1911. She died in 1934 "
    "in Passy."
)
NEWS = (
    "Northwind Systems said on Tuesday that it had bought Larkspur Analytics for $1.5 million. The deal was announced "
    'on 22 March 2021 in Leeds. "This is a good day," chief executive Jane Porter said. The chief financial officer, '
    "Tom Reed, added that about 1,200 employees would move to the new office. Revenue rose 12 percent to 48.3 million "
    "euros in the third quarter. The company did not pay a dividend. Northwind was founded in 1998 by Alan Hill and "
    "Mary Stone. Larkspur sued Brightwater in 2019. Shares fell from 12.40 pounds to 11.80 pounds."
)
TRIAL = (
    "The trial enrolled 412 patients at nine hospitals between June 2015 and May 2017. Patients received 20 mg of the "
    "drug twice daily. Mortality at one year was 14.2% in the treatment group and 19.8% in the placebo group. No "
    "serious adverse events were reported. Dr. Elena Ruiz of the University of Porto led the study. The authors "
    "recommend the drug for adults over 65, but not for children."
)
SHIPS = (
    "Revenue of Halvorsen Maritime was NOK 4.2 billion. The annual meeting takes place on 14 May 2024 in Bergen. Jonas "
    "Berg succeeds her on 1 October 2024. The new ferry costs 640 million kroner. We did not order a second ferry."
)
TREATY = (
    "The treaty was signed on the third of February, nineteen eighty-four. The treaty did not mention oil. The fleet "
    "shrank from 412 to 96 vessels. Twenty thirty-foot boats were sold."
)
FAEHRE = "Die Fähre fasst 180 Fahrgäste und 38 Autos. Einwohner zahlen die Hälfte, Kinder drei Viertel."
GERMAN = (
    "Die Firma Nordwind wurde am 22. März 1998 in Leipzig gegründet. Der Umsatz stieg 2020 um 12,5 Prozent auf 1,2 "
    "Millionen Euro. Das Werk in Halle wurde nicht verkauft."
)


def label(document: str, sentence: str) -> Support:
    (row,) = check(sentence, [source("document", document)]).sentences
    assert row.reason
    return row.support


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (CURIE, "Marie Curie, born in Warsaw in 1867, died in 1934."),
        (CURIE, "Marie Curie was born on November 7, 1867."),
        (CURIE, "She won the Nobel Prize in Chemistry in 1911."),
        (NEWS, "Jane Porter is the chief executive."),
        (NEWS, "Jane Porter is the CEO of Northwind Systems."),
        (NEWS, "Northwind Systems acquired Larkspur Analytics for 1,500,000 dollars."),
        (NEWS, "Larkspur Analytics was bought by Northwind Systems."),
        (NEWS, "The deal was announced on March 22nd, 2021 [1]."),
        (NEWS, "According to the document, the deal was worth USD 1.5m."),
        (NEWS, "Twelve hundred employees will move to the new office."),
        (NEWS, "Revenue rose twelve per cent to €48.3 million in the third quarter."),
        (NEWS, "The company did not pay a dividend."),
        (NEWS, "Mary Stone and Alan Hill founded Northwind in 1998."),
        (TRIAL, "One-year mortality was 19.8 percent in the placebo group."),
        (TRIAL, "Nine hospitals took part in the trial."),
        (GERMAN, "Nordwind wurde am 22. März 1998 gegründet."),
        (GERMAN, "Der Umsatz stieg 2020 um 12,5 % auf 1.200.000 Euro."),
        (SHIPS, "The new ferry costs NOK 640m."),
        # another passage has a date where this has one, but a nearer one has this
        (SHIPS, "Jonas Berg takes over on the first of October."),
        (FAEHRE, "Die Fähre fasst einhundertachtzig Fahrgäste."),
        (FAEHRE, "Einwohner zahlen 50 %."),
        (FAEHRE, "Kinder zahlen 75 %."),
        (TREATY, "The treaty was signed on 3 February 1984."),
        (TREATY, "It was signed on 1984-02-03."),
        (TREATY, "20 boats were sold."),
    ],
)
def test_what_the_document_says_in_other_words_is_supported(document: str, sentence: str) -> None:
    assert label(document, sentence) is Support.SUPPORTED


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (CURIE, "Marie Curie was born in Vienna."),  # another name in its place
        (CURIE, "Curie moved to Paris in 1911."),  # a year of something else
        (CURIE, "She did not die in 1934."),
        (CURIE, "She won the Nobel Prize in Chemistry in 1903."),  # a year that goes with another prize
        (CURIE, "Marie Curie was born on 7 December 1867."),  # a month
        (NEWS, "Tom Reed is the chief executive."),  # a role of somebody else
        (NEWS, "Jane Porter is the chief financial officer."),
        (NEWS, "Northwind Systems bought Larkspur Analytics for $2.5 million."),
        (NEWS, "Larkspur Analytics bought Northwind Systems for $1.5 million."),  # the sides of a verb
        (NEWS, "Northwind Systems was bought by Larkspur Analytics."),
        (NEWS, "Brightwater sued Larkspur in 2019."),
        (NEWS, "According to the document, the deal was announced on 22 April 2021."),
        (NEWS, "About 2,100 employees would move to the new office."),
        (NEWS, "Revenue fell 12 percent in the third quarter."),  # an opposite
        (NEWS, "Revenue rose 12 percent in the second quarter."),
        (NEWS, "Jane Porter said that it was a bad day."),
        (NEWS, "The company paid a dividend."),
        (NEWS, "Northwind was founded by Peter Hill in 1998."),
        (NEWS, "Shares fell from 11.80 pounds to 12.40 pounds."),
        (TRIAL, "The trial enrolled 421 patients."),
        (TRIAL, "Mortality was 14.2% in the placebo group."),
        (TRIAL, "Serious adverse events were reported."),
        (TRIAL, "The study was led by Elena Ruiz of the University of Lisbon."),
        (GERMAN, "Nordwind wurde am 22. April 1998 gegründet."),
        (GERMAN, "Der Umsatz stieg 2020 um 15 Prozent."),
        (GERMAN, "Das Werk in Halle wurde verkauft."),
        (SHIPS, "A second ferry was ordered."),
        (FAEHRE, "Die Fähre fasst keine Autos."),
        (TREATY, "The treaty was signed on 3 February 1994."),
        (TREATY, "The treaty mentioned oil."),
    ],
)
def test_what_the_document_says_otherwise_is_contradicted(document: str, sentence: str) -> None:
    assert label(document, sentence) is Support.CONTRADICTED


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (CURIE, "She taught at Harvard University for thirty years."),
        (NEWS, "Northwind opened an office in Madrid."),
        (TREATY, "The fleet shrank by 316 vessels."),  # which is so: by how much is neither from what nor to what
        (TRIAL, "The drug cured cancer in mice."),
    ],
)
def test_what_is_in_no_document_is_not_found(document: str, sentence: str) -> None:
    assert label(document, sentence) is Support.NOT_FOUND


@pytest.mark.parametrize(
    ("sentence", "claims"),
    [
        ("Did Northwind buy Larkspur?", False),
        ("## Summary", False),
        ("Here is a summary of the article:", False),
        ("Here is what I found.", False),
        ("Let me know if I can tell you more about Leeds.", False),
        ("Northwind 買收了 Larkspur 公司，價格為一百五十萬美元。", True),
        ("Northwind bought " + "very " * 1000 + "little.", True),
        ("Компания купила Larkspur за 1,5 миллиона долларов.", True),
        ("Der Umsatz stieg um zwölf Prozent und die Firma ist in Leeds.", True),
    ],
)
def test_what_cannot_be_compared_is_not_judged(sentence: str, claims: bool) -> None:
    (row,) = check(sentence, [source("document", NEWS)]).sentences
    assert row.support is Support.NOT_JUDGED and row.claims is claims


@pytest.mark.parametrize(
    "sentence",
    [
        "#1 buyer was Northwind, and it bought Larkspur for 7 million dollars.",
        "Here is Larkspur, which Northwind bought for 7 million dollars.",
        "Please note it cost 7 million.",
    ],
)
def test_a_claim_that_begins_like_a_heading_or_a_greeting_is_compared(sentence: str) -> None:
    (row,) = check(sentence, [source("document", NEWS)]).sentences
    assert row.support in (Support.CONTRADICTED, Support.NOT_FOUND) and row.claims


@pytest.mark.parametrize(
    "page",
    [
        "<html><head><title>t</title><p>It is in Leeds.</p><p>It is in Rome.</p>",
        "<html><body><p>It is in Leeds.</p><svg><path d='M0'><p>It is in Rome.</p></body></html>",
        "<html><body><p>It is in Leeds.</p><svg><math><p>It is in Rome.</p></body></html>",
    ],
)
def test_a_block_of_a_page_ends_what_hides_nothing_after_it(page: str) -> None:
    found = check(page, [source("document", "Northwind is in Leeds. It was founded there.")])
    assert [found.text[row.start : row.stop] for row in found.sentences] == ["It is in Leeds.", "It is in Rome."]


def test_the_first_line_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "news.txt").write_text(NEWS)
    text = "Jane Porter is the CEO. The deal was announced in April 2021. It also opened an office in Madrid."
    found = run("check", text, "--document", "news.txt", cwd=tmp_path)
    assert found.returncode == 1
    first = found.stdout.splitlines()[0]
    assert (
        first == "Of 3 sentences 1 is contradicted and 1 is not found in news.txt. Read them before you use the text."
    )
    assert "the document has ‘22 March 2021’ where this has ‘April 2021’" in found.stdout
    assert "‘Madrid’" in found.stdout and "news.txt: The deal was announced on 22 March 2021 in Leeds." in found.stdout


@pytest.mark.parametrize(
    ("text", "options", "status"),
    [
        ("Jane Porter is the chief executive.", (), 0),
        ("Jane Porter is the chief executive. Is she?", (), 0),
        ("Tom Reed is the chief executive.", ("--fail-on", "contradicted"), 1),
        ("It opened an office in Madrid.", (), 1),
        ("It opened an office in Madrid.", ("--fail-on", "contradicted"), 0),
        ("Jane Porter is the chief executive. Она живёт в Лидсе.", (), 3),
        ("...", (), 2),
    ],
)
def test_the_exit_status(text: str, options: tuple[str, ...], status: int, tmp_path: Path) -> None:
    (tmp_path / "news.txt").write_text(NEWS)
    assert run("check", text, "--document", "news.txt", *options, cwd=tmp_path).returncode == status


def test_a_page_and_a_text_file_are_read_and_the_record_comes_back(tmp_path: Path) -> None:
    (tmp_path / "news.html").write_text(
        "<!doctype html><html><head><title>x</title><script>var born = 'Madrid';</script></head><body><h1>News</h1>"
        "<p>Northwind &amp; Sons bought Larkspur for&nbsp;&pound;2&nbsp;million.<p>It is in Leeds.</body></html>"
    )
    (tmp_path / "answer.md").write_text(
        "# Answer\n\n- Northwind bought Larkspur for 2 million pounds.\n"
        "- Northwind bought Larkspur for 3 million pounds.\n"
    )
    found = run("check", "answer.md", "--document", "news.html", "-o", "json", "-o", "html=page.html", cwd=tmp_path)
    record = decode(Checked, json.loads(found.stdout))
    assert [row.support.value for row in record.sentences] == ["not judged", "supported", "contradicted"]
    written = (tmp_path / "page.html").read_text()
    assert "contradicted" in written and "script-src" in written and "<script>var" not in written


def test_from_python(tmp_path: Path) -> None:
    path = tmp_path / "curie.txt"
    path.write_text(CURIE)
    found = assay.check("Marie Curie was born in Vienna.", [path])
    assert headline(found).startswith("Of 1 sentence 1 is contradicted by curie.txt.")
    with pytest.raises(UsageError, match="has no words"):
        assay.check(" . ", [path])


def test_three_planted_errors_on_a_page_of_news_are_found_as_the_documentation_shows() -> None:
    found = run("check", "examples/check/summary.md", "--document", "examples/check/ferry.html", cwd=ROOT)
    assert found.returncode == 1
    assert found.stdout.split("\n\n")[1].splitlines() == [
        "contradicted (3)",
        "  The ferry from Port Annan to Skerrow will sail again from 3 July [1].",
        "      the document has ‘3 June’ where this has ‘3 July’",
        "      ferry.html: The ferry between Port Annan and the island of Skerrow will sail again from 3",
        "        June, nine years after the last crossing, the harbour board said on Tuesday.",
        "  Colin Tait chairs the board.",
        "      the document has ‘Isla Renwick’ where this has ‘Colin Tait’",
        '      ferry.html: "People here have waited long enough," said Isla Renwick, who chairs the board.',
        "  The Lady of Skerrow was repaired and broken up in Leith in 2016.",
        "      the document negates ‘repaired’, this does not",
        "      ferry.html: She was not repaired, and was broken up in Leith a year later.",
    ]
    assert found.stdout.rstrip() in (ROOT / "docs" / "checker.md").read_text()


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        # a name that the document uses another one for; a list of which each has what stands before it
        (
            "Torquay United lost. The Gulls are four points above the relegation zone.",
            "Torquay United is four points above the relegation zone.",
        ),
        ("Smith joined Google in 2003 and Apple in 2007.", "Smith joined Apple in 2007."),
        (
            "Among the writers are three British, two Americans and an Australian.",
            "Two Americans and an Australian are among the writers.",
        ),
        ("Northwind said that it had won. Jane Porter and Tom Reed were there.", "Jane Porter and Tom Reed said it."),
        ("He was not at home, and the shop was open.", "The shop was open."),
        ("Hale and Lang married in 1910.", "Lang and Hale married in 1910."),
    ],
)
def test_what_only_looks_otherwise_is_not_called_contradicted(document: str, sentence: str) -> None:
    assert label(document, sentence) is not Support.CONTRADICTED


def test_what_lacks_more_ranks_higher_and_a_contradiction_higher_still() -> None:
    text = "She studied at the Sorbonne. Curie moved to Paris in 1911. She taught at Harvard for thirty years."
    first, second, third = (row.absent for row in check(text, [source("document", CURIE)]).sentences)
    assert first < second < third <= 1


@given(st.text(max_size=300), st.text(min_size=1, max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_text_beside_any_document(text: str, document: str) -> None:
    try:
        found = check(text, [source("document", document)])
    except UsageError:
        return
    assert decode(Checked, json.loads(canonical(found))) == found
    assert page(found) and headline(found)


def test_a_sentence_is_supported_by_itself() -> None:
    for document in (CURIE, NEWS, TRIAL, GERMAN):
        found = check(document, [source("document", document)])
        assert {row.support for row in found.sentences} == {Support.SUPPORTED}


def test_names_in_a_row_are_in_no_other_language_than_the_documents() -> None:
    text = "Former barcelona forward ronaldinho beat monterrey team-mate emanuel villa."
    assert label("The former Barcelona forward Ronaldinho was there. He beat Emanuel Villa.", text) is Support.SUPPORTED


def test_what_may_stand_beyond_the_limit_is_not_judged(tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text(NEWS + " nothing" * (1 << 19))
    text = "Jane Porter is the chief executive. It opened an office in Madrid."
    done = run("check", text, "--document", "long.txt", "-q", cwd=tmp_path)
    assert done.returncode == 3
    assert done.stdout.strip() == (
        "1 of 2 sentences is supported by long.txt; 1 is not judged. "
        "Not read: the rest of the documents, beyond 4 Mi characters."
    )
    wrong = run("check", "Tom Reed is the chief executive.", "--document", "long.txt", "-q", cwd=tmp_path)
    assert wrong.returncode == 1 and "1 is contradicted by long.txt" in wrong.stdout


@pytest.mark.parametrize(
    ("heading", "support"),
    [
        ("# Northwind buys Larkspur for $2.5 million", Support.CONTRADICTED),
        ("## 2.1 Revenue rose 12 percent to 58.3 million euros", Support.CONTRADICTED),
        ("### Northwind opened an office in Madrid", Support.NOT_FOUND),
        ("# Northwind bought Larkspur Analytics", Support.SUPPORTED),
        ("# The Third Quarter of 2023", Support.NOT_FOUND),
        ("# Results", Support.NOT_JUDGED),
        ("## 3. What This Means For Busy Readers", Support.NOT_JUDGED),
        ("# Key takeaways for busy readers", Support.NOT_JUDGED),
    ],
)
def test_a_heading_that_claims_something_is_compared(heading: str, support: Support) -> None:
    (row,) = check(heading, [source("document", NEWS)]).sentences
    assert (row.support, row.claims) == (support, support is not Support.NOT_JUDGED)
    assert support is not Support.NOT_JUDGED or row.reason.startswith("it is a heading")


def test_the_number_of_an_entry_in_a_list_is_no_claim() -> None:
    document = source("a.txt", "The board meets in Bergen. Am 12. Mai fuhr die Fähre nach Skerrow.")
    (row,) = check("27. The board meets in Bergen.", [document]).sentences
    assert (row.support, row.reason) == (Support.SUPPORTED, "its words, names and numbers are in the passage")
    (row,) = check("13. Mai fuhr die Fähre nach Skerrow.", [document]).sentences
    assert row.support is Support.CONTRADICTED  # which is a day


SAID_IN = [
    "Northwind Systems said on Tuesday that it had bought",
    "Larkspur Analytics for $1.5 million. The deal was an-",
    "nounced on 22 March 2021 in Leeds.",
]


@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a.epub", "a.html"])
def test_documents_of_office_and_web_are_read(name: str, tmp_path: Path) -> None:
    text = "Northwind Systems bought Larkspur Analytics for $2.5 million. It was announced on 22 March 2021 in Leeds."
    whole = NEWS.partition('"')[0]
    raw = {
        "a.pdf": lambda: pdf("\n".join(SAID_IN)),
        "a.docx": lambda: docx(whole),
        "a.epub": lambda: epub(f"<html><body><p>{whole}</p></body></html>"),
        "a.html": lambda: f"<!doctype html><title>News</title><p>{whole}</p>".encode(),
    }[name]()
    (tmp_path / name).write_bytes(raw)
    found = assay.check(text, [tmp_path / name])
    assert [row.support for row in found.sentences] == [Support.CONTRADICTED, Support.SUPPORTED]
    # the text may be such a file, too
    done = run("check", str(tmp_path / name), "--document", str(tmp_path / name))
    assert done.returncode == 0 and f"by {name}" in done.stdout, (done.stdout, done.stderr)


def test_what_of_a_document_is_not_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf("A claim that stands here."))  # with a page that is blank
    (tmp_path / "a.docx").write_bytes(docx("A claim that stands here."))
    found = assay.check("A claim stands here.", [tmp_path / "a.pdf", tmp_path / "a.docx"])
    assert found.missing == (
        "a page of a PDF without text in a.pdf",
        "comments of a document in a.docx",
        "pictures of a document in a.docx",
    )
    assert "Not read: a page of a PDF without text in a.pdf." in headline(found)
    # what is not read may say the opposite
    assert (answer(found).word, answer(found).tone) == ("SUPPORTED", Tone.CARE)
    assert answer(replace(found, missing=())).tone is Tone.GO


def test_a_heading_is_not_the_worst_sentence_of_a_text(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("A claim that stands here.")
    found = assay.check("# Results\n\nA claim stands here.\n", [tmp_path / "a.md"])
    assert [row.claims for row in found.sentences] == [False, True]
    assert answer(found).line == "SUPPORTED  The one sentence is supported by a.md."
    assert (answer(found).tone, answer(replace(found, sentences=found.sentences[:1])).word) == (Tone.GO, "NOT JUDGED")


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("a.pdf", b"%PDF-1.7 and nothing more", "gives no text: cannot be read on"),
        ("a.docx", b"PK\x03\x04 torn", "gives no text: "),
        ("a.xlsx", b"PK\x03\x04 a table", "is a ZIP archive with the ending '.xlsx': give UTF-8 text, Markdown, HTML"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1", "is of an older Office program: save it as Word"),
        ("a.rtf", b"{\\rtf1 words}", "is RTF: save it as Word"),
        ("a.bin", b"\xff\xfe\xfd", "is not UTF-8 text: byte 0 is 0xff; give UTF-8 text, Markdown"),
    ],
)
def test_a_document_that_cannot_be_read_is_refused_in_a_sentence(
    name: str, raw: bytes, said: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(raw)
    done = run("check", "A claim.", "--document", str(tmp_path / name))
    assert done.returncode == 2 and said in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
