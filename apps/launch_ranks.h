#pragma once

namespace noema {

/// Runs this command line again as so many ranks on this machine, and waits for them. Each gets its share of the cores,
/// unless OMP_NUM_THREADS says otherwise. Throws Error for more ranks than cores, and when one of them fails: the
/// others end by themselves then, or are ended.
void launch_ranks(int ranks);

}  // namespace noema
