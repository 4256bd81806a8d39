#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace noema {

/// One question with its reasoning. As it stands in the public sets: {"question", "steps", "answer", …}.
struct Example {
  std::string question;
  std::vector<std::string> steps;  ///< as the file has them; see Task::reasoning for what a model is trained on
  std::string answer;
  nlohmann::json extra = nlohmann::json::object();  ///< the other fields, kept as they were
};

/// A question that differs from another in one fact, and has as many steps. At any step from `from` on, but the answer,
/// the two can be joined: after the other's question and the steps before, the twin's step contradicts the question,
/// and the twin's later steps and answer are what follows from the question and that step.
struct Twin {
  Example example;
  std::size_t from = 0;
};

/// What a model in training may be told to have in mind at some place of a question (Abu-Mostafa, "Learning from hints
/// in neural networks", 1990): pieces of text, the more of each the greater its weight.
struct Hint {
  std::size_t end = 0;                                 ///< the place: behind so many bytes of the question
  std::vector<std::pair<std::string, double>> pieces;  ///< of a token each, as a line begins with it; weights above 0
};

/// A kind of question: how it is made, read and judged. A task knows text only. Const; may be shared by threads. What
/// is not said otherwise holds for a task whose answers stand behind a mark.
class Task {
 public:
  virtual ~Task() = default;

  virtual std::string name() const = 0;

  /// Example `index` of the endless stream `seed`. Throws Error for a task that has no generator.
  virtual Example generate(std::uint64_t seed, std::uint64_t index) const = 0;
  virtual bool can_generate() const = 0;

  /// A twin of `generate(seed, index)`; nothing for a task without them, and for an example that has none.
  virtual std::optional<Twin> twin(std::uint64_t /*seed*/, std::uint64_t /*index*/) const { return std::nullopt; }

  /// Up to `count` further questions that begin with the same text as `generate(seed, index)`, so that a model in
  /// training reads it once for all of them; none for a task without such questions.
  virtual std::vector<Example> siblings(std::uint64_t /*seed*/, std::uint64_t /*index*/, std::size_t /*count*/) const {
    return {};
  }

  /// What is worth a token of its own, in place of the phrases that a tokenizer finds by itself: " is on", " the
  /// table,".
  virtual std::vector<std::string> phrases() const { return {}; }

  /// Hints on the way to the answer, in the order of their places; none for a task without them.
  virtual std::vector<Hint> hints(const Example& /*example*/) const { return {}; }

  /// What two examples must not share if one is trained on and the other evaluated: for graphs and block worlds the
  /// state in a canonical form, otherwise the question's text. Generators refuse what `--exclude` files hold.
  virtual std::string identity(const Example& example) const;

  /// The sentences a model learns to write, no newlines in them; the last one carries the answer.
  virtual std::vector<std::string> reasoning(const Example& example) const;

  /// The answer that a sentence states, or nothing when the sentence is not an answer.
  virtual std::optional<std::string> answer_in(std::string_view sentence) const;

  /// What every answer sentence begins with; empty for a task whose answers stand alone.
  virtual std::string answer_mark() const { return "###"; }

  /// Whether `answer` (from `answer_in`) says the same as the example's (see same_answer).
  virtual bool is_right(const Example& example, std::string_view answer) const;

  /// Whether the steps before the answer are a valid plan or proof; nothing for a task without a checker.
  virtual std::optional<bool> is_valid(const Example& example, const std::vector<std::string>& steps) const = 0;
};

/// The tasks by name: "stories", "prosqa", "blocksworld", "gsm8k", "csqa", "text"; the smaller "prosqa-small",
/// "blocksworld-4", "blocksworld-5"; "prosqa-long", with longer proofs than "prosqa" has. Throws Error, with the
/// nearest name, for others.
std::unique_ptr<Task> make_task(std::string_view name);
std::vector<std::string> task_names();

/// Reads a JSON array of examples, JSONL, or GSM8K's official JSONL. Throws Error with the file and the line or the
/// number of the entry that is wrong.
std::vector<Example> read_examples(const std::filesystem::path& path);

/// Keeps a twin beside its example, in `extra["twin"]`, so that files hold both.
void keep_twin(Example& example, const Twin& twin);

/// The twin kept there; nothing when there is none. Throws Error for one that is not whole.
std::optional<Twin> kept_twin(const Example& example);

/// A JSON array of examples, one a line, as read_examples reads it.
std::string to_text(const std::vector<Example>& examples);

}  // namespace noema
