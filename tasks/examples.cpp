#include <string>
#include <vector>

#include "base/file.h"
#include "tasks/answer_text.h"
#include "tasks/task.h"

namespace noema {
namespace {

using nlohmann::json;

constexpr std::string_view kOfficialMark = "#### ";

/// The line without GSM8K's calculator notes, `<<48/2=24>>`.
std::string without_notes(std::string_view line) {
  std::string text;
  while (true) {
    const auto begin = line.find("<<");
    const auto end = begin == std::string_view::npos ? begin : line.find(">>", begin);
    if (end == std::string_view::npos) break;
    text += line.substr(0, begin);
    line.remove_prefix(end + 2);
  }
  return text += line;
}

void add_step(Example& example, std::string_view text) {
  // A model writes one line a step: a newline in it would end the step early, and a blank step says nothing.
  std::string step = on_one_line(text);
  if (!step.empty()) example.steps.push_back(std::move(step));
}

/// GSM8K's official form: the lines of the solution and `#### N` in one text.
void split_official_answer(Example& example, const std::string& where) {
  std::string_view solution = example.answer;
  const auto mark = solution.rfind(kOfficialMark);
  if (mark == std::string_view::npos) {
    throw Error({where, "a member \"steps\", or an \"answer\" that ends with \"#### N\"", "neither",
                 "write each example as {\"question\", \"steps\", \"answer\"}"});
  }
  std::string answer(trimmed(solution.substr(mark + kOfficialMark.size())));
  std::erase(answer, ',');
  solution = solution.substr(0, mark);
  while (!solution.empty()) {
    const auto end = std::min(solution.find('\n'), solution.size());
    add_step(example, without_notes(solution.substr(0, end)));
    solution.remove_prefix(std::min(end + 1, solution.size()));
  }
  example.answer = std::move(answer);
}

Example example_from(const json& entry, const std::string& where) {
  Example example;
  example.question = json_member<std::string>(entry, "question", where);
  example.answer = json_member<std::string>(entry, "answer", where);
  if (trimmed(example.question).empty()) throw Error({where + ": question", "a text", "nothing", ""});
  if (entry.contains("steps")) {
    const json& steps = entry["steps"];
    if (!steps.is_array()) throw Error({where + ": steps", "a list of texts", steps.type_name(), ""});
    for (const json& step : steps) {
      if (!step.is_string())
        throw Error({where + ": steps", "a list of texts", std::string("in it ") + step.type_name(), ""});
      add_step(example, step.get_ref<const std::string&>());
    }
  } else {
    split_official_answer(example, where);
  }
  for (const auto& [key, value] : entry.items()) {
    if (key != "question" && key != "steps" && key != "answer") example.extra[key] = value;
  }
  return example;
}

std::vector<Example> from_array(const std::string& text, const std::string& file) {
  const json entries = parse_json(text, file);
  std::vector<Example> examples;
  examples.reserve(entries.size());
  for (const json& entry : entries) {
    examples.push_back(example_from(entry, file + ", entry " + std::to_string(examples.size() + 1)));
  }
  return examples;
}

std::vector<Example> from_lines(std::string_view text, const std::string& file) {
  std::vector<Example> examples;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view content = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (content.empty()) continue;
    const std::string where = file + ", line " + std::to_string(line);
    examples.push_back(example_from(parse_json(content, where), where));
  }
  return examples;
}

}  // namespace

std::vector<Example> read_examples(const std::filesystem::path& path) {
  const std::string text = read_file(path);
  const std::string file = path.string();
  const std::string_view content = trimmed(text);
  if (content.empty()) throw Error({file, "examples", "an empty file", ""});
  return content.front() == '[' ? from_array(text, file) : from_lines(text, file);
}

void keep_twin(Example& example, const Twin& twin) {
  example.extra["twin"] = {{"question", twin.example.question},
                           {"steps", twin.example.steps},
                           {"answer", twin.example.answer},
                           {"from", twin.from}};
}

std::optional<Twin> kept_twin(const Example& example) {
  const auto found = example.extra.find("twin");
  if (found == example.extra.end()) return std::nullopt;
  const std::string where = "twin of \"" + printable(example.question.substr(0, 40)) + "…\"";
  Twin twin{example_from(*found, where), json_member<std::size_t>(*found, "from", where)};
  if (twin.example.steps.size() != example.steps.size() || twin.from >= example.steps.size()) {
    throw Error({where, "as many steps as the example has, and \"from\" among them",
                 std::to_string(twin.example.steps.size()) + " steps, from " + std::to_string(twin.from),
                 "make the file again with `noema data --twins`"});
  }
  return twin;
}

std::string to_text(const std::vector<Example>& examples) {
  std::string text = "[";
  for (const Example& example : examples) {
    nlohmann::ordered_json entry = {
        {"question", example.question}, {"steps", example.steps}, {"answer", example.answer}};
    for (const auto& [key, value] : example.extra.items()) entry[key] = value;
    text += text.size() > 1 ? ",\n" : "\n";
    text += entry.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  }
  return text + "\n]\n";
}

}  // namespace noema
