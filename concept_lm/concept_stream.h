#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "concept_lm/concept_head.h"
#include "nn/model/hidden_stream.h"

namespace noema {

/// Rows that go from concept to concept: the states of a concept model, and what its head has to know besides. Rows may
/// leave and others join. The head and the observer must outlive it.
class ConceptStream {
 public:
  /// Goes on from states that have read the questions.
  ConceptStream(const ConceptHead& head, HiddenStream states, ComputeObserver* observer = nullptr);

  const HiddenStream& states() const { return states_; }
  const torch::Tensor& hidden() const { return states_.hidden(); }  ///< [B,D]
  ConceptHead::Needs needs() const { return head_->needs(); }

  /// The next concept of each row, from the states [B,D]: those of the rows, or what somebody has made of them.
  Concept predict(const torch::Tensor& hidden, std::span<Random* const> randoms) const;

  /// One more sentence a row has been read, as these inputs [B,D].
  void append(const torch::Tensor& inputs);

  /// Goes on with these rows only.
  void keep(const std::vector<std::int64_t>& rows);

  /// Takes in the rows of another stream of the same model, after its own.
  void join(const ConceptStream& other);

 private:
  const ConceptHead* head_;
  HiddenStream states_;
  ComputeObserver* observer_;
  ReadSentences before_;  // undefined unless the head asks for it
};

/// Rows of concepts, whatever makes them: what comes next, and what goes back in.
class ConceptSteps {
 public:
  virtual ~ConceptSteps() = default;

  /// The next concept of each row.
  virtual Concept predict() = 0;

  /// Goes on from these inputs [B,D], whether or not they are those of the concepts.
  virtual void append(const torch::Tensor& inputs) = 0;

  /// Goes on with these rows only.
  virtual void keep(const std::vector<std::int64_t>& rows) = 0;
};

/// What is made of the concepts on the way.
class ConceptVisitor {
 public:
  virtual ~ConceptVisitor() = default;

  /// Looks at what was predicted: the rows that go on, by number; nothing: all.
  virtual std::optional<std::vector<std::int64_t>> look(const Concept& concepts) = 0;

  /// What the rows that go on read next [B,D], for their concepts.
  virtual torch::Tensor input(const Concept& concepts) = 0;
};

/// One step of reasoning, the same in training and afterwards: predicts a concept a row, lets rows go, and feeds back
/// what the others read next. Returns whether any is left.
bool take_step(ConceptSteps& steps, ConceptVisitor& visitor);

}  // namespace noema
