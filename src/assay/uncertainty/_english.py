"""Words of English (and a few of German) that say the same, the opposite, or nothing that a document could hold."""

from __future__ import annotations


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# forms of one verb, the first stands for all: those that no ending shows
_IRREGULAR = """
be am is are was were been being
become became
begin began begun start started starts starting
break broke broken
bring brought
build built
buy bought purchase purchased purchases acquire acquired acquires
catch caught
choose chose chosen
come came
cut
do did done does
draw drew drawn
drive drove driven
eat ate eaten
fall fell fallen drop dropped decline declined decrease decreased shrink shrank
feel felt
fight fought
find finds
fly flew flown
get got gotten
give gave given
go went gone
grow grew grown rise rose risen increase increased climb climbed
have has had
hold held
keep kept
know knew known
lead led
leave left
lend lent
lose lost
make made
mean meant
meet met
pay paid
put
run ran
say said says state stated
see saw seen
sell sells selling sold sale sales
die dies died dying
name named names
send sent
shoot shot
show showed shown
sit sat
speak spoke spoken
spend spent
stand stood
steal stole stolen
strike struck
swim swam
take took taken
teach taught
tell told
think thought
throw threw thrown
understand understood
win won
write wrote written
big large
firm company business
film movie
marry married wed
kill killed
employee worker
doctor physician
lawyer attorney
children child
people person
men man
women woman
wife wives
percent per-cent
show reveal revealed
aid help
"""
_OPPOSITES = """
rise fall
up down
more less
more fewer
most least
higher lower
high low
increase decrease
before after
begin end
open close
win lose
buy sell
accept reject
approve reject
approve deny
confirm deny
allow ban
allow forbid
allow prohibit
alive dead
guilty innocent
guilty acquitted
convict acquit
succeed fail
success failure
pass fail
support oppose
agree disagree
legal illegal
lawful unlawful
possible impossible
true false
first last
old new
young old
early late
hot cold
warm cold
large small
best worst
better worse
improve worsen
improve deteriorate
profit loss
gain loss
north south
east west
northern southern
eastern western
male female
husband wife
brother sister
son daughter
father mother
married divorced
public private
include exclude
arrive leave
enter leave
remember forget
safe dangerous
strong weak
always never
all none
positive negative
major minor
maximum minimum
import export
hire fire
join leave
remain leave
present absent
free paid
mandatory optional
mandatory voluntary
permanent temporary
inside outside
above below
morning evening
day night
summer winter
good bad
big small
happy sad
easy difficult
rich poor
fast slow
long short
full empty
right wrong
heavy light
"""
# short forms, in the words that they stand for
EXPANDED = {
    "ceo": "chief executive",
    "cfo": "chief financial",
    "coo": "chief operating",
    "cto": "chief technology",
    "vp": "vice president",
    "uk": "united kingdom",
    "usa": "united states",
    "us": "united states",
    "eu": "european union",
    "un": "united nations",
}
# what holds alike both ways round, so that its sides may change places
MUTUAL = _set("marry meet merge share play talk meeting between and or with join friend partner compete")
# what makes the word after it its opposite
NEGATING = _set(
    "not no never none neither nor cannot n't without nobody nothing nowhere hardly unable fail failed fails refuse "
    "refused refuses deny denied denies nicht kein keine keinen keiner keinem nie niemals ohne ne pas jamais"
)
# of two answers, words that say the same; each line begins with what stands for all
_SYNONYMS = """
big large huge
small little tiny
film movie picture
begin begun start started commence
doctor physician
author writer wrote written
create make made found founded establish established build built
usa us u.s u.s.a america
uk u.k britain
car automobile
buy purchase
fast quick rapid
kid child children
people persons person
die died dead pass
autumn fall
grey gray
color colour
percent percentage
km kilometre kilometer kilometres kilometers
metre meter m metres meters
kg kilogram kilograms
happy glad
mount mt
saint st
sad unhappy
city town
nation country
gas gaseous
liquid fluid
born birth
kyiv kiev
"""


def _heads(lines: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines.split("\n"):
        words = line.split()
        head = found.get(words[0], words[0]) if words else ""
        for word in words:
            found.setdefault(word, head)
    return found


HEADS = _heads(_IRREGULAR)
OPPOSITES = frozenset(tuple(line.split()) for line in _OPPOSITES.split("\n") if line)
SYNONYMS = _heads(_SYNONYMS)
