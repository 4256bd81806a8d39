#pragma once

#include <atomic>
#include <iosfwd>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/arguments.h"
#include "decoding/trajectory.h"
#include "inspect/probes/neighbours.h"

namespace noema {

/// A conversation with a model: questions and commands in, text out. Knows no terminal: lines come from anywhere.
class ReplSession {
 public:
  /// `width`: columns of the output. While `cancelled` is true, the answer in progress is given up.
  ReplSession(const ModelChoice& model, const ReasoningOptions& options, const RunOptions& run, std::ostream& out,
              int width, std::atomic<bool>& cancelled);

  /// Answers a question or obeys a command. What goes wrong is said in one line, and the session goes on. Returns false
  /// when it is to end.
  bool handle(std::string_view line);

  void greet();

 private:
  struct Command {
    const char* name;
    const char* arguments;
    const char* what;
    void (ReplSession::*run)(const std::string& argument);
  };
  static const std::vector<Command>& commands();

  void obey(const std::string& line);
  void answer(const std::string& question);
  Trajectory ask(const std::string& question, const std::string& mode, bool live, Intervention* intervention = nullptr);

  void set_mode(const std::string& argument);
  void set_steps(const std::string& argument);
  void set_temperature(const std::string& argument);
  void compare(const std::string& argument);
  void show(const std::string& argument);
  void example(const std::string& argument);
  void lens(const std::string& argument);
  void edit(const std::string& argument);
  void nudge(const std::string& argument);
  void why(const std::string& argument);
  void trace(const std::string& argument);
  void load(const std::string& argument);
  void save(const std::string& argument);
  void help(const std::string& argument);
  void quit(const std::string& argument);

  /// The last answer, which must be of a latent mode; and a step of it by its number from 1.
  const Trajectory& last_in_concepts(const char* command) const;
  std::size_t step_of(const std::string& word, const char* command) const;

  /// Asks the last question again with one more intervention, at sentence `step`. What was done to steps before it
  /// stays; what was done to it or to later ones goes, even when the answer fails.
  void answer_again(std::size_t step, std::unique_ptr<Intervention> intervention);
  void show_answer();

  /// What was done to the last answer, as one; valid until the interventions change.
  std::unique_ptr<Intervention> all_interventions() const;

  LoadedModel model_;
  std::string precision_;  ///< as asked for: models loaded later compute in it, too
  ReasoningOptions options_;
  RunOptions run_;
  std::ostream& out_;
  int width_;
  std::atomic<bool>& cancelled_;
  std::string mode_ = "continuous";  // or "chain", for a model that has no concepts
  bool show_steps_ = true;
  bool ended_ = false;
  std::uint64_t examples_shown_ = 0;
  std::vector<Trajectory> answered_;
  std::size_t saved_ = 0;  // of these
  bool may_lose_ = false;  // the others: it was said that they would be lost
  std::map<std::size_t, std::unique_ptr<Intervention>> interventions_;  // in the last answer, by step
  std::optional<NeighbourIndex> known_;                                 // built when it is first asked for
};

}  // namespace noema
