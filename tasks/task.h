#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tasks/example.h"
#include "tasks/generator.h"

namespace noema {

/// A way to answer without a model and without reasoning: what it gets is a floor under what a model shows.
struct Rule {
  std::string name;
  std::function<std::optional<std::string>(const Example&)> answer;  ///< nothing for what is no question of the task
};

/// A kind of question: how it is read and judged. A task knows text only. Const; may be shared by threads. What a task
/// does not say otherwise holds for questions of a file whose answers stand after a mark.
class Task {
 public:
  explicit Task(std::string name, std::shared_ptr<const Generator> generator = nullptr)
      : name_(std::move(name)), generator_(std::move(generator)) {}
  virtual ~Task() = default;

  const std::string& name() const { return name_; }

  /// Makes examples; null for a task whose examples are read from files only.
  const std::shared_ptr<const Generator>& generator() const { return generator_; }

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

  /// Whether all that is written is the answer, even where it was cut off.
  virtual bool is_open_ended() const { return false; }

  /// What every answer sentence begins with; empty for a task whose answers stand alone.
  virtual std::string answer_mark() const { return "###"; }

  /// The answers that a question offers; none for a task whose questions do not, or a text that is no question of it.
  virtual std::vector<std::string> choices(const Example& /*example*/) const { return {}; }

  /// What answers its questions without a model, besides the most frequent answer and chance.
  virtual std::vector<Rule> rules() const { return {}; }

  /// What a question shares with those that it is not independent of, as a text; nothing when it stands alone.
  virtual std::optional<std::string> unit(const Example& /*example*/) const { return std::nullopt; }

  /// A question that differs in what is asked only, so that another of the same choices is right, with its reasoning:
  /// who looks at all but that cannot have both right. Nothing for a question or a task without one.
  virtual std::optional<Example> counterfactual(const Example& /*example*/) const { return std::nullopt; }

  /// Whether `answer` (from `answer_in`) says the same as the example's (see same_answer).
  virtual bool is_right(const Example& example, std::string_view answer) const;

  /// Whether the steps before the answer are a valid plan or proof; nothing for a task without a checker.
  virtual std::optional<bool> is_valid(const Example& /*example*/, const std::vector<std::string>& /*steps*/) const {
    return std::nullopt;
  }

 private:
  std::string name_;
  std::shared_ptr<const Generator> generator_;
};

/// The tasks by name: "stories", "prosqa", "blocksworld"; the smaller "prosqa-small", "blocksworld-4", "blocksworld-5";
/// "prosqa-long", with longer proofs than "prosqa" has; "prosqa-matched", with shorter ones, too, and no shortcut;
/// "prosqa-mixed", half of which are such; "stories-held-out", of words that "stories" never has; and from files only
/// "questions", with `### ANSWER` after the steps, "gsm8k", "text", and "prose", where sentence follows sentence.
/// Throws Error, with the nearest name, for others.
std::unique_ptr<Task> make_task(std::string_view name);
std::vector<std::string> task_names();

}  // namespace noema
