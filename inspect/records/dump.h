#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "inspect/records/layer_tap.h"
#include "inspect/records/recorder.h"

namespace noema {

/// What a dump holds beside texts and concepts.
struct DumpOptions {
  bool layers = false;         ///< "layers" [N,L,D]: every layer's output where a sentence was predicted
  bool attention = false;      ///< "attention" [N,L,H,K]: how that place looks back, zeros beyond a row's own context
  bool tokens = false;         ///< token ids of every sentence, in the text file
  std::string dtype = "fp32";  ///< of concepts, layers and attention: fp32, bf16 or fp16
};

nlohmann::json to_json(const DumpOptions& options);

/// Writes trajectories to a folder, shard by shard, so that a dump of any size runs in the memory of one shard, and
/// goes on where it was interrupted:
///
/// - dump.json: "schema": 1, "kind": "dump", the options, and where it came from;
/// - trajectories.safetensors, trajectories-00001.safetensors, …: "latents" [N,Z], "question" and "step" [N] int64,
///   which say whose latent each row is, and what the options ask for;
/// - trajectories.jsonl: a line a question, with the name of its shard. A question that has a line is complete.
///
/// docs/trajectory.schema.json describes the lines.
class DumpWriter {
 public:
  /// Begins a dump, or goes on with the one that is there. Throws Error when the folder holds one of other origin or
  /// options, or cannot be written.
  DumpWriter(std::filesystem::path folder, const DumpOptions& options, const nlohmann::json& origin);

  /// Questions that are there already, by number.
  const std::set<std::size_t>& done() const { return done_; }

  /// Adds a shard. `tap`, if given, watched the run that gave the trajectories, in their order.
  void add(const std::vector<RecordedTrajectory>& trajectories, const LayerTap* tap = nullptr);

 private:
  void read_lines();

  std::filesystem::path folder_;
  DumpOptions options_;
  std::set<std::size_t> done_;
  std::size_t shards_ = 0;
};

/// What a dump was found to hold.
struct DumpSummary {
  std::size_t questions = 0, steps = 0, latents = 0, shards = 0;
};

/// Reads a dump and checks that its files fit together: every line and its types, every latent that a line names,
/// finite numbers, no question twice. Throws Error naming the file and line of the first mistake.
DumpSummary verify_dump(const std::filesystem::path& folder);

}  // namespace noema
