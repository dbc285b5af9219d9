"""Words that are written with a full stop, by what may follow them: English, with the German ones that its texts quote.

Each set says in one word what the full stop after such a word means; `text.sentence` has the rules.
"""

from __future__ import annotations


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# before a name: never the end of a sentence, as written
TITLES = _set(
    "Dr Mr Mrs Ms Mx Prof Messrs Mme Mlle Mgr Msgr Rev Hon Gen Col Capt Cpt Cpl Lt Sgt Maj Cmdr Cdr Adm Gov Sen Rep "
    "Pres Amb Supt Insp Ste Mt Ft Hr Fr Dipl Ing"
)

# in the middle of something, in any case: never the end of a sentence
LINKING = _set(
    "vs cf viz approx ca resp esp incl excl bzw inkl exkl ggf evtl vgl sog gem zzgl bspw ie eg e.g i.e z.b d.h u.a "
    "a.k.a w.r.t p.ex v.a i.d.r o.g"
)

# before a number, in any case: the end of a sentence only before anything else
NUMBERED = _set(
    "no nos nr fig figs eq eqs eqn sec secs sect ch chap vol vols p pp art arts par para pt ref refs tab app bd abb "
    "abs ziff ver rev cap ex op lib ln col"
)

# at the end of a name, or of a list of them, in any case: the end of a sentence where the next word begins sentences
ENDING = _set("inc ltd co corp llc plc gmbh bros jr sr al blvd dept univ assn mfg intl natl eds")

# the same, as written
PLACES = _set("St Ave Rd Est Ed Dist Calif Mass Conn Penn Tex Wash Ariz Fla Mich Minn Wis Colo Tenn Okla")

# of months and days, as written: the end of a sentence unless a number follows, or another of them
DATES = _set("Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun")
MONTHS = _set(
    "January February March April May June July August September October November December Januar Februar März Mai "
    "Juni Juli Oktober Dezember"
)
WEEKDAYS = _set("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
ZONES = _set("EST EDT CST CDT MST MDT PST PDT GMT UTC CET CEST BST ET CT PT")

# short forms that stand before a word in lower case, and are ordinary ends of a sentence otherwise
SHORTENED = _set(
    "etc usw min max hr hrs avg temp orig misc govt lbs cont abbr adj adv var spec prob appl config repo usu syn ant "
    "pop cent hist lit tel ext sq ibid opt ed est dist trans repr st ave"
)

# words of two letters that are no short forms
SHORT = _set("it is so to do up on me us go be of at by as we he if or an am my")

# several words in one, as written: the end of a sentence where the next word begins sentences
DEGREES = _set("Ph.D M.Sc B.Sc D.Phil M.Phil B.Tech Ed.D Psy.D LL.B LL.M")

# names that end in a mark
EXCLAIMED = _set("Yahoo! Jeopardy! Wham!")

# what a single letter stands after where it is no initial
LETTERED = _set(
    "vitamin plan type class grade group option part section appendix figure exhibit point hepatitis schedule case "
    "drive model phase series team room gate platform line block zone level category version"
)

# words that begin sentences far oftener than they follow an abbreviation as part of a name
STARTERS = _set(
    "The A An This That These Those It Its He She They We I You His Her Their Our My Your There Here In On At By For "
    "From With To As If When While After Before Since Because Although Though However But And Or So Yet Then Thus "
    "Hence Also Later Now Today Once Some Many Most Several Each Every All Both One Two Three No Not What Who Where "
    "Why How Which Other Others Another Such Despite During Under Until Unless Whether Is Are Was Were Do Does Did "
    "Can Could Will Would Should Let Please See Note According Meanwhile Moreover Furthermore Additionally Finally "
    "First Second Next Instead Therefore Still Even Only Just Like Unlike Through Without Within Nobody Nothing "
    "Everyone Someone Perhaps Maybe Yes Hundreds Thousands Critics Nor"
)

# what follows direct speech with its speaker
SPEAKS = _set("said asked replied answered cried shouted whispered wrote added explained says asks writes")
