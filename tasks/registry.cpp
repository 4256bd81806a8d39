#include "base/error.h"
#include "base/nearest.h"
#include "tasks/blocksworld.h"
#include "tasks/gsm8k.h"
#include "tasks/plain_text.h"
#include "tasks/prose.h"
#include "tasks/prosqa.h"
#include "tasks/stories.h"
#include "tasks/task.h"

namespace noema {
namespace {

struct Entry {
  const char* name;
  std::unique_ptr<Task> (*make)();
};

constexpr Entry kTasks[] = {
    {"stories", [] { return make_stories_task(); }},
    {"prosqa", [] { return make_prosqa_task(); }},
    {"prosqa-small",
     [] { return make_prosqa_task({.name = "prosqa-small", .nodes = 15, .min_hops = 2, .max_hops = 3}); }},
    {"prosqa-long", [] { return make_prosqa_task({.name = "prosqa-long", .min_hops = 7, .max_hops = 9}); }},
    {"prosqa-matched", [] { return make_prosqa_task({.name = "prosqa-matched", .matched = 1.0}); }},
    {"prosqa-mixed", [] { return make_prosqa_task({.name = "prosqa-mixed", .matched = 0.5}); }},
    {"blocksworld", [] { return make_blocksworld_task(); }},
    {"blocksworld-4", [] { return make_blocksworld_task({.name = "blocksworld-4", .blocks = 4}); }},
    {"blocksworld-5", [] { return make_blocksworld_task({.name = "blocksworld-5", .blocks = 5}); }},
    {"stories-held-out", [] { return make_stories_task({.name = "stories-held-out", .held_out_words = true}); }},
    {"gsm8k", make_gsm8k_task},
    {"questions", [] { return std::make_unique<Task>("questions"); }},
    {"text", make_plain_text_task},
    {"prose", make_prose_task},
};

}  // namespace

std::unique_ptr<Task> make_task(std::string_view name) {
  for (const Entry& entry : kTasks) {
    if (entry.name == name) return entry.make();
  }
  const std::vector<std::string> names = task_names();
  std::string list;
  for (const std::string& known : names) list += (list.empty() ? "" : ", ") + known;
  const auto meant = nearest(name, names);
  throw Error({"task", "one of " + list, "\"" + printable(name) + "\"",
               meant ? "did you mean \"" + *meant + "\"?" : "for a file of your own, \"questions\""});
}

std::vector<std::string> task_names() {
  std::vector<std::string> names;
  for (const Entry& entry : kTasks) names.emplace_back(entry.name);
  return names;
}

}  // namespace noema
