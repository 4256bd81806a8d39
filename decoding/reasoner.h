#pragma once

#include <memory>
#include <string>
#include <vector>

#include "decoding/strategy.h"

namespace noema {

/// Answers questions in one mode. Const after construction; may be shared by threads, unless there is an accelerator.
class Reasoner {
 public:
  /// The bundle and the task must outlive the reasoner. Throws Error for an unknown mode and for a bundle that lacks
  /// what the mode needs.
  Reasoner(const Bundle& bundle, const Task& task, const std::string& mode);

  /// A trajectory for each question, in their order. Questions are reasoned about together, at most `run.batch` of
  /// them, and no more than `run.memory` has room for; when one is finished another takes its place. On the processor,
  /// a greedy answer does not depend on which are there together. Throws Error when there is no room for one, and for a
  /// question that is empty, not UTF-8 or too long, with its number, from run.first_question on, when there are
  /// several. Of several samples, those of the first question come first; observers are told places among them all.
  /// Throws Error for several samples where nothing is drawn.
  std::vector<Trajectory> run(const std::vector<std::string>& questions, const ReasoningOptions& options = {},
                              const RunOptions& run = {}, Observer* observer = nullptr) const;

 private:
  std::size_t room(const RunContext& context, std::int64_t longest) const;
  void check_samples(const ReasoningOptions& options, const RunOptions& run) const;
  std::vector<TokenIds> tokenize(const std::vector<std::string>& questions, std::uint64_t first) const;

  const Bundle& bundle_;
  const Task& task_;
  std::string mode_;
  std::unique_ptr<const Strategy> strategy_;
  std::unique_ptr<StepRecorders> recorders_;  // null: the bundle has no accelerator
};

}  // namespace noema
