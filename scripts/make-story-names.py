#!/usr/bin/env python3
"""Makes tasks/stories/words/names.txt, the names of the stories, from the first and last names of the package Faker (PyPI).

    pip install Faker==40.63.0
    scripts/make-story-names.py > tasks/stories/words/names.txt

A name is kept when it is written in plain letters, is given to women only or to men only in all languages, is not a word
of a sentence, and is not among those weeded out below.
"""

import collections
import importlib
import re
import textwrap

# Taken in full; of the others those names that two languages share.
IN_FULL = "en_US en_GB en_IN en_NG yo_NG zu_ZA tw_GH ig_NG ha_NG vi_VN it_IT pt_BR pl_PL fr_FR".split()
SHARED = """en_IE en_NZ en_KE en_PK de_DE es_ES cs_CZ sv_SE no_NO fi_FI nl_NL tr_TR hu_HU ro_RO hr_HR id_ID da_DK sk_SK sl_SI
et_EE lt_LT lv_LV sw uz_UZ""".split()
COMMON = """Ada Alice Amy Ann Anna Anne Bella Beth Betty Carla Cathy Clara Daisy Diana Dora Ella Ellen Emily Emma Eva Eve Fatima
Fay Fiona Gina Grace Hana Hannah Helen Ida Ines Jane Jenny Jill Joan Judy Julia Julie Kate Katie Kim Lara Laura Lena Lily
Linda Lisa Lucy Maria Mary Meg Mia Mina Molly Nadia Nancy Nina Nora Olga Olivia Pam Petra Priya Rita Rosa Rose Ruth
Sally Sandra Sara Sarah Sofia Sophie Sue Susan Tara Tina Uma Vera Wendy Yara Zoe/Adam Ahmed Alan Alex Ali Andy Ben Bill
Bob Brian Carl Chris Dan Daniel Dave David Ed Eric Felix Frank Fred George Greg Hans Harry Henry Hugo Ian Ivan Jack Jake
James Jim Joe John Juan Karl Ken Kevin Leo Luke Mark Max Mike Mohamed Nick Noah Omar Oscar Otto Paul Pedro Pete Peter Phil
Rob Ron Ryan Sam Sean Simon Steve Ted Theo Tim Tom Tony Vic Victor Will Yusuf""".split("/")
WEEDED = set("""Adolf Adolph Fanny Dick Gay Osama Jihad Isis Jesus Christ Dong Phuc Fuk Randy Willy Dung Lucifer Satan Mine Semen
Rape Anal Kuntal Sex Titty Pussy Cock Benito Hitler Stalin Saddam Muhammed Allah An Do So In He Me My No Or Us And The Her Is
It One Are Was Has Had Then But Of To At On By If As Be We You She His Him Its Am All Any How Who Why Both Each Every Half
Some Most Two Ten Six Mother Father Baby Boy Girl Man Woman King Queen Prince Duke Major Royal Pope Miss Dear Son Sun Moon
Star Sky Sea Day Blue Red Green Gray Brown Black White Gold Silver Apple Peach Plum Lemon Cherry Bird Fox Wolf Bear Lion Tiger
Swan Dove Hawk Robin Drake Buck Stone Forest River Lake Hill Field Winter Summer Spring Autumn Chastity Candy Honey Ginger
Coco Precious Charity Blessing Patience Comfort Mercy Miracle Marvelous Sunday Monday Tuesday Wednesday Thursday Friday
Saturday Goodness Favour Kindness Peace Happy Lucky Rich Young Long Short Small Strong Miles Case Chase Chance Hunter
Fisher Mason Tanner Tyler Cooper Carter Parker Porter Taylor Turner Walker Barber Baker Butcher Archer Piper Bishop Deacon
Dean Earl Guy Hero Ice Ivory Art Clay Cliff Dale Dell Glen Heath Lance Ray Reed Rod Rusty Skip Van Wade Bishop Storm Autumn
Sandy Penny Pansy Tulip Olive Basil Sage Rosemary Herb Pepper Kale Love Joy Hope Faith Destiny Harmony Melody Princess
Queenie Dusty Misty Stormy Cash Price Major General Gore Grim Ruthless Ugo Putu Made Wayan Mekar Nude Pipi Fart Dodo Momo
Dada Ulf April May June Ati Brandy Diamond Ebony Else Line Forum Mare Marine Edit Panini Paris Raven Sole Tea Nova Lan Luce Vi Eta Isa Ira
Ane Lolita Vasana Job August Che Om Per Ole Harsh Dom Said Nam Urban Ante Pier Bento Tor Apollo Roman Dag Greco Napoleone Drew
Rick Beau Rembrandt Erdogan Fidel Samar Tore Rune Chad Ville Sante Nixon Ganga Ladli Gambo Iyabode Claude Wolf Odd Even Bent Bo Jo Cox Moody Loser Sin""".split())
TWO_WORDS = """Mary Ann/Anna Maria/Mary Jane/Sara Beth/Ana Lucia/Maria Jose/Emma Rose/Ella Mae/Bella Rose/Anna Lena/Rosa Maria/Lily
May/Betty Lou/Peggy Sue/Nana Ama|Billy Joe/Jim Bob/Jean Paul/Juan Carlos/Jose Luis/John Paul/Hans Peter/Van Minh/Karl
Otto/Luis Miguel/Pedro Pablo/Abdul Karim/Kofi Mensah/Peter Paul/Marco Antonio/Lee Roy""".replace("\n", " ").split("|")

KIN = ("Mom, Grandma, Mother, Granny, Aunt Mary, Aunt Sue, Aunt Rosa", "Dad, Grandpa, Father, Uncle Joe, Uncle Ben, Uncle Karl")
PETS = """Archie Bandit Bella Biscuit Blacky Bruno Bubbles Buddy Bugs Buster Chip Cleo Coco Cookie Daisy Duke Felix Fido Flash
Fluff Fluffy Ginger Goldie Hopper Jumbo Kitty Leo Lucky Luna Max Milo Misty Mochi Molly Mopsy Nemo Nibbles Oreo Patch Peanut
Pepper Percy Pickles Pip Polly Pongo Poppy Puff Pumpkin Rex Rocky Rolf Rover Ruff Rusty Scout Shadow Simba Skipper Smoky Snowy
Socks Spike Spot Sunny Teddy Tiger Tilly Toby Toto Tuffy Twix Waldo Whiskers Wiggles Willow Winnie Wooly Zappy Ziggy"""


def provider(language):
    return importlib.import_module(f"faker.providers.person.{language}").Provider


def names_of(language, gender):
    return set(getattr(provider(language), f"first_names_{gender}", ()) or ())


def plain(name):
    return re.fullmatch(r"[A-Z][a-z]{1,8}", name) is not None and not name.endswith("ii")


def kept_names():
    """Female names and male names, sorted, each name in one of the two."""
    languages = {gender: collections.Counter() for gender in ("female", "male")}
    full = set()
    for language in IN_FULL + SHARED:
        for gender, counts in languages.items():
            names = names_of(language, gender)
            counts.update(names)
            if language in IN_FULL:
                full |= names
    common = set(" ".join(COMMON).split())
    kept = {}
    for gender, other in (("female", "male"), ("male", "female")):
        kept[gender] = sorted(
            name for name, count in languages[gender].items()
            if plain(name) and name not in WEEDED and name not in common and name not in languages[other]
            and (name in full or count > 1))
    return kept


def surnames():
    names = provider("en_US").last_names
    frequent = sorted(names, key=names.get, reverse=True)[:260]
    return sorted(name for name in frequent if plain(name) and name not in {"Gay", "Cox", "Cruz", "Young", "Long", "Love"})


def write(section, names):
    print(f"[{section}]")
    print(textwrap.fill(", ".join(names), 120, break_long_words=False, break_on_hyphens=False))


def main():
    print("# Names of people. Made by scripts/make-story-names.py from the package Faker 40.63.0, MIT License,")
    print("# copyright (c) 2012 Daniele Faraglia; the common and the two-word names were chosen by hand.")
    kept = kept_names()
    write("common women", COMMON[0].split())
    write("common men", COMMON[1].split())
    write("women", kept["female"])
    write("men", kept["male"])
    for section, names in zip(("two-word women", "two-word men"), TWO_WORDS):
        write(section, [name.strip() for name in names.split("/")])
    write("surnames", surnames())
    write("kin women", KIN[0].split(", "))
    write("kin men", KIN[1].split(", "))
    write("pets", PETS.split())


if __name__ == "__main__":
    main()
