#pragma once

#include <torch/types.h>

#include <functional>
#include <memory>
#include <vector>

#include "nn/device/steps_ahead.h"
#include "nn/model/token_stream.h"

namespace noema {

/// Chooses a token for each row of logits [N,V], wholly on their device: [N,C], of which the first column is the token
/// and the others what is to be known of it.
using ChooseTokens = std::function<torch::Tensor(const torch::Tensor& logits)>;

/// Writes tokens of a model's texts several at a time. For one thread at a time; the model must outlive it.
class TokenRecorder {
 public:
  TokenRecorder(std::shared_ptr<const Accelerator> accelerator, const LanguageModel& model, ChooseTokens choose);

 private:
  friend class TokensAhead;

  const LanguageModel& model_;
  StepRecorder steps_;
};

/// Texts whose tokens are chosen several at a time, and looked at one by one. The recorder must outlive it.
class TokensAhead {
 public:
  explicit TokensAhead(TokenRecorder& recorder) : model_(&recorder.model_), steps_(recorder.steps_) {}

  /// Whether no token is chosen that was not looked at: rows can only join then.
  bool is_at_rest() const { return steps_.is_at_rest(); }

  /// Takes in rows after those that are there.
  void join(const TokenStream& entering) { steps_.join(entering.stream()); }

  /// What was chosen for each row [N,C], on the CPU.
  torch::Tensor now() { return steps_.now()[0]; }

  /// Goes on with these tokens, one a row; goes back where they are not those that were chosen.
  void append(const std::vector<std::int64_t>& ids);

  /// Goes on with these rows only.
  void keep(const std::vector<std::int64_t>& rows) { steps_.keep(rows); }

 private:
  const LanguageModel* model_;
  StepsAhead steps_;
};

}  // namespace noema
