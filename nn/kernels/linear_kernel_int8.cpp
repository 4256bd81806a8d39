#include <ATen/Version.h>
#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/error.h"
#include "nn/kernels/int8_blocks.h"
#include "nn/kernels/linear_kernel.h"
#include "nn/kernels/parallel.h"
#include "nn/kernels/vectorized.h"

namespace noema {
namespace {

using namespace int8;

/// sums [kRows,kColumns] += the products of rows from `row` on with the columns of `tiles`.
template <int kRows, typename Tile>
void add_all_products(const Tile* tiles, const Rows& rows, std::int64_t row, float* sums) {
  for (std::int64_t block = 0; block < rows.blocks; ++block) {
    const Tile& tile = tiles[block];
    for (int r = 0; r < kRows; ++r) {
      const std::int64_t at = (row + r) * rows.blocks + block;
      for (int c = 0; c < kColumns; ++c) {
        int product = 0;
        for (int i = 0; i < kBlock; ++i) product += rows.values[at * kBlock + i] * tile.value(i, c);
        float& sum = sums[r * kColumns + c];
        sum += static_cast<float>(product) * rows.scales[at] * static_cast<float>(tile.scale[c]);
        sum += rows.sums[at] * tile.least(c);
      }
    }
  }
}

#if defined(__x86_64__)
#define NOEMA_AVX2 __attribute__((target("avx2,fma,f16c")))

NOEMA_AVX2 inline __m256i load(const void* from) { return _mm256_loadu_si256(static_cast<const __m256i*>(from)); }
NOEMA_AVX2 inline __m256 widen(const c10::Half* from) {
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
}
NOEMA_AVX2 inline __m256i four_of(const std::int8_t* x) {
  int four;
  std::memcpy(&four, x, sizeof four);
  return _mm256_set1_epi32(four);
}

/// Σ w x of 32 numbers for each column. Sizes are multiplied, for one factor must be without sign.
NOEMA_AVX2 inline __m256i products(const Tile8& tile, const std::int8_t* x) {
  __m256i sum = _mm256_setzero_si256();
  for (int group = 0; group < kGroups; ++group) {
    const __m256i w = load(tile.values[group]);
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(four_of(x + 4 * group), w));
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
  return sum;
}

/// The same; 15 * 127 * 16, the greatest sum of a column's half, has room in 16 bits.
NOEMA_AVX2 inline __m256i products(const Tile4& tile, const std::int8_t* x) {
  __m256i pairs = _mm256_setzero_si256();
  for (int group = 0; group < kGroups / 2; ++group) {
    const __m256i both = load(tile.values[group]), low = _mm256_set1_epi8(15);
    const __m256i first = _mm256_and_si256(both, low), second = _mm256_and_si256(_mm256_srli_epi16(both, 4), low);
    pairs = _mm256_add_epi16(pairs, _mm256_maddubs_epi16(first, four_of(x + 4 * group)));
    pairs = _mm256_add_epi16(pairs, _mm256_maddubs_epi16(second, four_of(x + kBlock / 2 + 4 * group)));
  }
  return _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
}

constexpr std::size_t kAhead = 2048;  // bytes that are asked for before they are needed

/// Past the end nothing is read: the processor passes over such addresses.
NOEMA_AVX2 inline void prefetch(const void* tile, std::size_t bytes) {
  const auto ahead = reinterpret_cast<std::uintptr_t>(tile) + kAhead;  // a number: no pointer may go there
  for (std::size_t line = 0; line < bytes; line += 64) {
    _mm_prefetch(reinterpret_cast<const char*>(ahead + line), _MM_HINT_T0);
  }
}

template <int kRows, typename Tile>
NOEMA_AVX2 void add_all_products_avx2(const Tile* tiles, const Rows& rows, std::int64_t row, float* sums) {
  __m256 sum[kRows];
  for (int r = 0; r < kRows; ++r) sum[r] = _mm256_loadu_ps(sums + r * kColumns);
  for (std::int64_t block = 0; block < rows.blocks; ++block) {
    const Tile& tile = tiles[block];
    prefetch(&tile, sizeof(Tile));
    const __m256 scale = widen(tile.scale);
    for (int r = 0; r < kRows; ++r) {
      const std::int64_t at = (row + r) * rows.blocks + block;
      const __m256 product = _mm256_cvtepi32_ps(products(tile, &rows.values[at * kBlock]));
      sum[r] = _mm256_fmadd_ps(_mm256_mul_ps(product, _mm256_set1_ps(rows.scales[at])), scale, sum[r]);
      if constexpr (Tile::kBits == 4) {
        sum[r] = _mm256_fmadd_ps(_mm256_set1_ps(rows.sums[at]), widen(tile.lowest), sum[r]);
      }
    }
  }
  for (int r = 0; r < kRows; ++r) _mm256_storeu_ps(sums + r * kColumns, sum[r]);
}

// With AVX-512's VNNI four products of bytes are summed in one instruction, the first factor without sign.
#define NOEMA_VNNI __attribute__((target("avx512vl,avx512vnni,avx2,fma,f16c")))

/// Σ (w + 128) x of 32 numbers for each column.
NOEMA_VNNI inline __m256i products_vnni(const Tile8& tile, const std::int8_t* x) {
  __m256i sum = _mm256_setzero_si256();
  for (int group = 0; group < kGroups; ++group) {
    const __m256i w = _mm256_xor_si256(load(tile.values[group]), _mm256_set1_epi8(-128));
    sum = _mm256_dpbusd_epi32(sum, w, four_of(x + 4 * group));
  }
  return sum;
}

/// Σ w x of the same.
NOEMA_VNNI inline __m256i products_vnni(const Tile4& tile, const std::int8_t* x) {
  __m256i first = _mm256_setzero_si256(), second = first;
  for (int group = 0; group < kGroups / 2; ++group) {
    const __m256i both = load(tile.values[group]), low = _mm256_set1_epi8(15);
    first = _mm256_dpbusd_epi32(first, _mm256_and_si256(both, low), four_of(x + 4 * group));
    second = _mm256_dpbusd_epi32(second, _mm256_and_si256(_mm256_srli_epi16(both, 4), low),
                                 four_of(x + kBlock / 2 + 4 * group));
  }
  return _mm256_add_epi32(first, second);
}

/// What a sum over x is multiplied with, beside the products.
NOEMA_VNNI inline __m256 shift_vnni(const Tile8& tile) {
  return _mm256_mul_ps(widen(tile.scale), _mm256_set1_ps(-128.0F));
}
NOEMA_VNNI inline __m256 shift_vnni(const Tile4& tile) { return widen(tile.lowest); }

/// The loop of add_all_products_avx2: one function cannot have both, for it inlines only what is of its own
/// instructions.
template <int kRows, typename Tile>
NOEMA_VNNI void add_all_products_vnni(const Tile* tiles, const Rows& rows, std::int64_t row, float* sums) {
  __m256 sum[kRows];
  for (int r = 0; r < kRows; ++r) sum[r] = _mm256_loadu_ps(sums + r * kColumns);
  for (std::int64_t block = 0; block < rows.blocks; ++block) {
    const Tile& tile = tiles[block];
    prefetch(&tile, sizeof(Tile));
    const __m256 scale = widen(tile.scale), shift = shift_vnni(tile);
    for (int r = 0; r < kRows; ++r) {
      const std::int64_t at = (row + r) * rows.blocks + block;
      const __m256 product = _mm256_cvtepi32_ps(products_vnni(tile, &rows.values[at * kBlock]));
      sum[r] = _mm256_fmadd_ps(_mm256_mul_ps(product, _mm256_set1_ps(rows.scales[at])), scale, sum[r]);
      sum[r] = _mm256_fmadd_ps(_mm256_set1_ps(rows.sums[at]), shift, sum[r]);
    }
  }
  for (int r = 0; r < kRows; ++r) _mm256_storeu_ps(sums + r * kColumns, sum[r]);
}

#endif

constexpr int kMostRows = 8;  // for which a tile is unpacked and read once

/// Adds the products of so many rows.
template <typename Tile>
struct RowProducts {
  int rows;
  void (*add)(const Tile*, const Rows&, std::int64_t, float*);
};

/// From many rows to one. libtorch's choice of instructions is followed (ATEN_CPU_CAPABILITY): with AVX2 or more it
/// says AVX2 or AVX512.
template <typename Tile>
std::vector<RowProducts<Tile>> products_here() {
#if defined(__x86_64__)
  const std::string chosen = at::get_cpu_capability();
  if (chosen == "AVX512" && __builtin_cpu_supports("avx512vnni")) {
    return {{kMostRows, add_all_products_vnni<kMostRows, Tile>},
            {4, add_all_products_vnni<4, Tile>},
            {1, add_all_products_vnni<1, Tile>}};
  }
  if (chosen.starts_with("AVX")) return {{4, add_all_products_avx2<4, Tile>}, {1, add_all_products_avx2<1, Tile>}};
#endif
  return {{1, add_all_products<1, Tile>}};
}

template <typename Tile>
class BlockKernel final : public LinearKernel {
 public:
  BlockKernel(std::vector<Tile> tiles, const torch::Tensor& bias, std::int64_t columns, std::int64_t inner)
      : tiles_(std::move(tiles)),
        columns_(columns),
        blocks_(blocks_of(inner)),
        bias_(static_cast<std::size_t>(groups_of(columns) * kColumns)) {
    if (!bias.defined()) return;
    const torch::Tensor exact = bias.to(torch::kFloat32).contiguous();
    std::copy_n(exact.const_data_ptr<float>(), columns, bias_.begin());
  }

  torch::Tensor operator()(const torch::Tensor& x) const override {
    torch::Tensor y = torch::empty({x.size(0), columns_}, torch::kFloat32);
    const Rows rows = quantized_rows(x);
    float* to = y.data_ptr<float>();
    parallel_for(0, groups_of(columns_), kLeastGroups, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t at = first; at < last; at += kLeastGroups) {
        multiply(rows, x.size(0), at, std::min(at + kLeastGroups, last), to);
      }
    });
    return y;
  }

  std::int64_t bytes() const override { return static_cast<std::int64_t>(tiles_.size() * sizeof(Tile)); }

 private:
  static constexpr std::int64_t kLeastGroups = 8;  // of columns: for a thread, and what stays in the nearest caches

  void multiply(const Rows& rows, std::int64_t count, std::int64_t first, std::int64_t last, float* to) const {
    std::int64_t row = 0;
    for (const RowProducts<Tile>& products : products_) {
      for (; row + products.rows <= count; row += products.rows) {
        for (std::int64_t group = first; group < last; ++group) multiply(products, rows, row, group, to);
      }
    }
  }

  void multiply(const RowProducts<Tile>& products, const Rows& rows, std::int64_t row, std::int64_t group,
                float* to) const {
    const std::int64_t first = group * kColumns, count = std::min(kColumns, columns_ - first);
    float sums[kMostRows][kColumns];
    for (int r = 0; r < products.rows; ++r) std::copy_n(&bias_[static_cast<std::size_t>(first)], kColumns, sums[r]);
    products.add(&tiles_[static_cast<std::size_t>(group * blocks_)], rows, row, sums[0]);
    for (int r = 0; r < products.rows; ++r) std::copy_n(sums[r], count, to + (row + r) * columns_ + first);
  }

  std::vector<Tile> tiles_;  // [groups, blocks]
  std::int64_t columns_, blocks_;
  std::vector<float> bias_;  // [groups, kColumns]
  std::vector<RowProducts<Tile>> products_ = products_here<Tile>();
};

/// Of weight [columns,inner]; nothing where it is not of the kind.
template <typename Tile>
std::optional<std::vector<Tile>> tiles_of(const torch::Tensor& weight) {
  const std::int64_t columns = weight.size(0), inner = weight.size(1), blocks = blocks_of(inner);
  const float* from = weight.const_data_ptr<float>();
  std::vector<Tile> tiles(static_cast<std::size_t>(groups_of(columns) * blocks));
  std::atomic<bool> all_fit = true;
  const auto fill = [&](std::int64_t at) {
    Tile& tile = tiles[static_cast<std::size_t>(at)];
    const std::int64_t first = at / blocks * kColumns, begin = at % blocks * kBlock;
    for (std::int64_t column = first; column < std::min(first + kColumns, columns); ++column) {
      Values values = {};
      std::copy_n(from + column * inner + begin, std::min(kBlock, inner - begin), values.begin());
      if (!tile.set(static_cast<int>(column - first), values)) all_fit = false;
    }
  };
  parallel_for(0, static_cast<std::int64_t>(tiles.size()), 256, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t at = first; at < last && all_fit; ++at) fill(at);
  });
  if (!all_fit) return std::nullopt;
  return tiles;
}

}  // namespace

std::unique_ptr<const LinearKernel> make_int8_kernel(const torch::Tensor& weight, const torch::Tensor& bias) {
  constexpr double kMost = 65504.0;  // of a number in 16 bits, as scales are
  const torch::Tensor exact = weight.to(torch::kFloat32).contiguous();
  const double greatest = exact.numel() > 0 ? exact.abs().max().item<double>() : 0.0;
  if (!(greatest <= kMost)) {  // not a number, either
    throw Error({"--precision int8", "weights of at most 65504", std::to_string(greatest), "use bf16 or fp32"});
  }
  if (auto tiles = tiles_of<Tile4>(exact)) {
    return std::make_unique<const BlockKernel<Tile4>>(std::move(*tiles), bias, weight.size(0), weight.size(1));
  }
  return std::make_unique<const BlockKernel<Tile8>>(*tiles_of<Tile8>(exact), bias, weight.size(0), weight.size(1));
}

}  // namespace noema
