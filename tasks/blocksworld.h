#pragma once

#include <memory>
#include <string>

#include "tasks/task.h"

namespace noema {

struct BlocksworldOptions {
  std::string name = "blocksworld";  ///< what the task is called
  int blocks = 7;                    ///< blocks a question has, 2 to 10
};

/// "What is the minimum number of moves?" between two states of the Blocksworld, each drawn uniformly from all states,
/// never the same. The steps are an optimal plan, of several the one of optimal_plan(), by which a block is settled as
/// soon as one can be (the public set has others); the last step is "The answer is: N". The checker accepts every
/// optimal plan. Throws Error when the options are out of range.
std::unique_ptr<Task> make_blocksworld_task(const BlocksworldOptions& options = {});

}  // namespace noema
