#include "tasks/examples.h"

#include <string_view>

#include "base/file.h"
#include "base/mapped_file.h"
#include "tasks/answer_text.h"

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

/// GSM8K's official form: the lines of the solution and `#### N` in one text. Other answers have no steps.
void split_official_answer(Example& example) {
  std::string_view solution = example.answer;
  const auto mark = solution.rfind(kOfficialMark);
  if (mark == std::string_view::npos) return;
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

/// A text, or a number as a text.
std::string answer_from(const json& entry, const std::string& where) {
  const auto answer = json_member<json>(entry, "answer", where);
  if (answer.is_string()) return answer.get<std::string>();
  if (answer.is_number()) return answer.dump();
  throw Error({where + ": answer", "a text or a number", answer.type_name(), ""});
}

Example example_from(const json& entry, const std::string& where) {
  Example example;
  example.question = json_member<std::string>(entry, "question", where);
  example.answer = answer_from(entry, where);
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
    split_official_answer(example);
  }
  for (const auto& [key, value] : entry.items()) {
    if (key != "question" && key != "steps" && key != "answer") example.extra[key] = value;
  }
  return example;
}

/// Where an example stands in its file, and the number of its entry or line.
struct Extent {
  std::size_t begin = 0, length = 0, number = 0;
};

/// Calls use(extent) for each element of the JSON array that `text` begins with: what stands between the commas that
/// are in no string and no bracket. The element itself is not looked at.
template <typename Use>
void for_each_element(std::string_view text, const std::string& file, const Use& use) {
  std::size_t begin = text.find('[') + 1, at = begin, depth = 1, number = 0;
  for (bool in_string = false; at < text.size() && depth > 0; ++at) {
    const char c = text[at];
    if (in_string && c == '\\') ++at;
    if (c == '"') in_string = !in_string;
    if (in_string) continue;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || (c == '}' && depth > 1)) --depth;
    if (depth > 1 || (c != ',' && depth == 1)) continue;
    const bool is_empty = number == 0 && depth == 0 && trimmed(text.substr(begin, at - begin)).empty();
    if (!is_empty) use(Extent{begin, at - begin, ++number});
    begin = at + 1;
  }
  if (depth > 0) use(Extent{begin, text.size() - begin, ++number});  // more often than not it is damaged
  if (depth == 0 && trimmed(text.substr(at)).empty()) return;
  throw Error(
      {file, "a list that ends with the file", depth > 0 ? "no end of it" : "more after it", "correct the file"});
}

/// The same for each line that is not blank.
template <typename Use>
void for_each_line(std::string_view text, const Use& use) {
  for (std::size_t begin = 0, number = 1; begin < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (!trimmed(text.substr(begin, end - begin)).empty()) use(Extent{begin, end - begin, number});
    begin = end + 1;
  }
}

class ExampleFile final : public List<ExampleGroup> {
 public:
  explicit ExampleFile(const std::filesystem::path& path) : name_(path.string()), file_(path, "a file of examples") {
    const std::string_view content = trimmed(file_.text());
    if (content.empty()) throw Error({name_, "examples", "an empty file", ""});
    const auto add = [this](const Extent& extent) {
      read(extent);
      extents_.push_back(extent);
    };
    if (content.front() == '[') {
      unit_ = ", entry ";
      for_each_element(file_.text(), name_, add);
    } else {
      for_each_line(file_.text(), add);
    }
  }

  std::size_t size() const override { return extents_.size(); }
  ExampleGroup at(std::size_t place) const override { return {read(extents_.at(place))}; }

 private:
  Example read(const Extent& extent) const {
    const std::string where = name_ + unit_ + std::to_string(extent.number);
    return example_from(parse_json(trimmed(file_.text().substr(extent.begin, extent.length)), where), where);
  }

  std::string name_, unit_ = ", line ";
  MappedFile file_;
  std::vector<Extent> extents_;
};

}  // namespace

std::shared_ptr<const List<ExampleGroup>> open_examples(const std::filesystem::path& path) {
  return std::make_shared<ExampleFile>(path);
}

std::vector<Example> read_examples(const std::filesystem::path& path) {
  const auto file = open_examples(path);
  std::vector<Example> examples;
  for (std::size_t i = 0; i < file->size(); ++i) examples.push_back(file->at(i).example);
  return examples;
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
