#include "tasks/stories/words.h"

#include <algorithm>
#include <cctype>

namespace noema::stories {

const Words& people() {
  static const Words words = {
      "Adam",  "Alice", "Amy",   "Anna", "Ben",  "Betty", "Bill",  "Bob",   "Carl",  "Carla", "Clara", "Dan",
      "David", "Diana", "Dora",  "Ed",   "Ella", "Emma",  "Eric",  "Eva",   "Fay",   "Felix", "Fiona", "Frank",
      "Fred",  "Gina",  "Grace", "Greg", "Hana", "Hans",  "Harry", "Helen", "Henry", "Hugo",  "Ian",   "Ida",
      "Ines",  "Ivan",  "Jack",  "Jane", "Jim",  "Joe",   "John",  "Julia", "Karl",  "Kate",  "Ken",   "Kim",
      "Lara",  "Laura", "Lena",  "Leo",  "Lily", "Lisa",  "Lucy",  "Luke",  "Maria", "Mark",  "Mary",  "Max",
      "Mia",   "Mike",  "Nadia", "Nick", "Nina", "Noah",  "Nora",  "Olga",  "Oscar", "Otto",  "Paul",  "Peter",
      "Petra", "Rita",  "Rob",   "Rosa", "Ruth", "Sally", "Sam",   "Sara",  "Simon", "Sofia", "Sue",   "Tara",
      "Ted",   "Tim",   "Tina",  "Tom",  "Tony", "Uma",   "Vera",  "Vic",   "Wendy", "Will",  "Yara",  "Zoe"};
  return words;
}

const Words& pets() {
  static const Words words = {"Rex",   "Fido", "Bella", "Rocky",  "Daisy", "Milo",  "Luna",   "Coco",
                              "Rusty", "Spot", "Tiger", "Fluffy", "Buddy", "Polly", "Ginger", "Bruno"};
  return words;
}

const Words& places() {
  static const Words words = {
      "kitchen", "garden",    "hall",   "bedroom",  "bathroom",   "park",        "office",      "library",  "school",
      "barn",    "attic",     "cellar", "museum",   "shop",       "station",     "garage",      "yard",     "church",
      "hotel",   "bakery",    "market", "forest",   "field",      "cave",        "tower",       "castle",   "tent",
      "cabin",   "theater",   "gym",    "hospital", "bank",       "studio",      "lobby",       "workshop", "stable",
      "village", "classroom", "pantry", "shed",     "restaurant", "dining room", "living room", "basement"};
  return words;
}

const Words& things() {
  static const Words words = {"ball",   "book",      "key",      "lamp",   "cup",    "hat",      "coat",    "map",
                              "phone",  "letter",    "bag",      "basket", "bottle", "camera",   "clock",   "coin",
                              "doll",   "drum",      "fork",     "guitar", "hammer", "kite",     "knife",   "ladder",
                              "mirror", "newspaper", "pen",      "pencil", "pillow", "plate",    "ring",    "rope",
                              "ruler",  "scarf",     "shoe",     "spoon",  "stick",  "suitcase", "sword",   "towel",
                              "toy",    "umbrella",  "vase",     "wallet", "watch",  "whistle",  "blanket", "bucket",
                              "candle", "envelope",  "football", "glove",  "helmet", "jar"};
  return words;
}

const Words& foods() {
  static const Words words = {"apple",  "orange", "pear",   "plum",  "peach",  "lemon",  "banana",
                              "cherry", "egg",    "cookie", "cake",  "carrot", "tomato", "potato",
                              "nut",    "muffin", "candy",  "grape", "bun",    "onion"};
  return words;
}

const Words& collectibles() {
  static const Words words = {"marble",  "stamp",  "card",   "coin",   "pencil", "book",    "shell",
                              "sticker", "button", "stone",  "flower", "ticket", "toy",     "box",
                              "balloon", "bead",   "crayon", "photo",  "block",  "leaflet", "rose",
                              "badge",   "sock",   "pen",    "brush",  "ribbon", "magnet"};
  return words;
}

const Words& animals() {
  static const Words words = {"horse", "cow",   "dog",   "cat",    "sheep",    "goat",   "pig",
                              "duck",  "hen",   "fox",   "bear",   "wolf",     "rabbit", "mouse",
                              "lion",  "tiger", "zebra", "monkey", "camel",    "deer",   "eagle",
                              "owl",   "swan",  "frog",  "otter",  "elephant", "donkey", "squirrel"};
  return words;
}

const Words& furniture() {
  static const Words words = {"table", "chair",  "bench",  "shelf",   "sofa",  "desk",     "box",
                              "crate", "barrel", "stool",  "lamp",    "trunk", "chest",    "bed",
                              "stove", "piano",  "statue", "carpet",  "door",  "board",    "cart",
                              "boat",  "bike",   "wagon",  "cabinet", "oven",  "wardrobe", "suitcase"};
  return words;
}

const Words& roles() {
  static const Words words = {"baker",    "singer",   "dancer",   "painter", "runner",  "farmer", "sailor",   "teacher",
                              "doctor",   "writer",   "poet",     "actor",   "cook",    "driver", "pilot",    "swimmer",
                              "hunter",   "gardener", "artist",   "drummer", "juggler", "lawyer", "miner",    "nurse",
                              "student",  "climber",  "skier",    "dreamer", "helper",  "reader", "traveler", "builder",
                              "tailor",   "weaver",   "barber",   "butcher", "printer", "guest",  "neighbor", "uncle",
                              "inventor", "engineer", "explorer", "judge",   "member",  "winner", "planner",  "expert"};
  return words;
}

const Words& creature_kinds() {
  static const Words words = {"bird",    "pet",     "animal",   "mammal",     "reptile", "insect",  "creature",
                              "swimmer", "hunter",  "climber",  "jumper",     "digger",  "singer",  "flyer",
                              "monster", "giant",   "poodle",   "terrier",    "sparrow", "lizard",  "beetle",
                              "dragon",  "crawler", "predator", "vegetarian", "grazer",  "sleeper", "diver"};
  return words;
}

const Words& colors() {
  static const Words words = {"red",   "blue", "green",  "yellow", "white", "black",
                              "brown", "gray", "orange", "purple", "pink",  "golden"};
  return words;
}

const Words& pleasures() {
  static const Words words = {"tea",     "coffee", "soup",  "rice",  "bread", "cheese", "music",
                              "honey",   "milk",   "jazz",  "chess", "snow",  "rain",   "poetry",
                              "history", "tennis", "juice", "pizza", "pasta", "fish"};
  return words;
}

const Words& events() {
  static const Words words = {"breakfast", "lunch",      "dinner",  "meeting",   "concert",  "storm",   "race",
                              "exam",      "wedding",    "party",   "picnic",    "parade",   "movie",   "game",
                              "lesson",    "walk",       "call",    "speech",    "dance",    "flood",   "fire",
                              "fair",      "auction",    "visit",   "interview", "trip",     "harvest", "election",
                              "festival",  "match",      "nap",     "accident",  "rainbow",  "show",    "lecture",
                              "vote",      "snowfall",   "swim",    "bath",      "ceremony", "play",    "test",
                              "feast",     "earthquake", "robbery", "quarrel",   "repair",   "delivery"};
  return words;
}

std::string made_up_word(Random& random) {
  // Few consonants, none of them s, p, n or h at the start of a syllable: what comes out can be spoken, offends
  // nobody, and takes "a".
  static const Words onsets = {"b", "d", "f", "g", "k", "l", "m", "r", "t", "v", "z", "br", "dr", "gr", "kl", "tr"};
  static const Words vowels = {"a", "e", "i", "o", "u"};
  static const Words codas = {"n", "l", "r", "m", "b"};
  std::string word;
  const int syllables = random.chance(0.7) ? 2 : 3;
  for (int i = 0; i < syllables; ++i) word += random.pick(onsets) + random.pick(vowels);
  if (syllables == 2) word += random.pick(codas);
  return word;
}

Words draw(Random& random, const Words& from, std::size_t count, double made_up) {
  Words drawn;
  const bool names = std::isupper(static_cast<unsigned char>(from.front().front())) != 0;
  while (drawn.size() < count) {
    std::string word = random.pick(from);
    if (random.chance(made_up)) word = names ? capitalized(made_up_word(random)) : made_up_word(random);
    if (std::find(drawn.begin(), drawn.end(), word) == drawn.end()) drawn.push_back(std::move(word));
  }
  return drawn;
}

Words draw_people(Random& random, std::size_t count) { return draw(random, people(), count, 0.18); }

std::string capitalized(std::string word) {
  if (!word.empty()) word[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(word[0])));
  return word;
}

std::string plural(const std::string& noun) {
  const auto ends_with = [&](std::string_view end) { return std::string_view(noun).ends_with(end); };
  if (ends_with("rry") || ends_with("dy")) return noun.substr(0, noun.size() - 1) + "ies";
  if (ends_with("ch") || ends_with("sh") || ends_with("x") || noun == "tomato" || noun == "potato") return noun + "es";
  return noun + "s";
}

std::string with_article(const std::string& noun) {
  return (std::string_view("aeiou").find(noun.front()) == std::string_view::npos ? "a " : "an ") + noun;
}

}  // namespace noema::stories
