#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "base/kinds.h"
#include "concept_lm/bundle.h"

namespace noema {

/// A part as it is read.
struct PartSource {
  std::string name;
  nlohmann::json architecture;
  WeightScope weights;
  std::string where;  ///< for messages
  const ModelKinds& kinds;
};

/// A kind of part of a bundle.
class PartKind {
 public:
  virtual ~PartKind() = default;
  virtual std::string name() const = 0;  ///< the architecture's "kind"

  /// Makes the part's model and puts it where it stands in the bundle. Throws Error for an architecture that is not
  /// such a part's.
  virtual void load(Bundle& bundle, const PartSource& part) const = 0;
};

/// The kinds of part that there are: "language_model", "autoencoder", "concept", "stop", "familiarity"; add one here.
KindList<PartKind> part_kinds();

/// All kinds that bundles are made of. Who has more adds them to a copy.
struct ModelKinds : SentenceKinds {
  KindList<HeadKind> heads = head_kinds();
  KindList<PartKind> parts = part_kinds();
};

/// The architecture's "kind" of each.
inline constexpr const char *kLanguageModelPart = "language_model", *kAutoencoderPart = "autoencoder",
                            *kConceptPart = "concept", *kStopPart = "stop", *kFamiliarityPart = "familiarity";

/// A concept model as a bundle has it: with the autoencoders that it goes with.
struct ConceptPart {
  explicit ConceptPart(const ConceptConfig& shape = ConceptConfig()) : config(shape) {}

  ConceptConfig config;
  std::string reads, writes;

  void fields(Fields& fields);
};

/// A stop head as a bundle has it.
struct StopPart {
  std::int64_t latent_width = 0;

  void fields(Fields& fields);
};

/// The architecture of a part: its options, and "kind".
template <HasFields T>
nlohmann::json part_architecture(const T& options, const std::string& kind) {
  nlohmann::json architecture = to_json(options);
  architecture["kind"] = kind;
  return architecture;
}

/// The inverse; `options` are of the defaults. Throws Error, naming `where`, for another kind, too.
template <HasFields T>
T from_architecture(nlohmann::json architecture, const std::string& kind, const std::string& where, T options = T()) {
  const auto found = json_member<std::string>(architecture, "kind", where);
  if (found != kind) throw Error({where + ": kind", kind, printable(found), ""});
  architecture.erase("kind");
  return from_json(architecture, where, std::move(options));
}

}  // namespace noema
