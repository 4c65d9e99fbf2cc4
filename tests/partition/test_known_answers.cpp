// SPDX-License-Identifier: BSD-3-Clause
// Cut faces of whole partitions against reference values. The numbers of the two tables were computed independently of this code,
// by other programs in another language; here they are data. A brick is a cell.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <hilbrick/partition/cut.hpp>
#include <hilbrick/partition/metrics.hpp>
#include <ostream>
#include <utility>

namespace hilbrick {
namespace {

/// Faces between different ranks: of all, and of the rank that has most.
struct Faces {
  Index total, most;
  friend bool operator==(const Faces&, const Faces&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Faces& f) { return out << f.total << '/' << f.most; }
};
constexpr Faces none{-1, -1};  // no such partition

struct Row {
  int ranks;
  Index ideal;  // rounded twice, before and after the division by two: within 0.75
  Faces slab, pencil, box;
  Faces rcb, hilbert_embedded, hilbert_stretched, morton, gilbert, metis;
};

// clang-format off
// 32 x 32 x 32 bricks; stretching changes nothing here.
constexpr Row cube[] = {
    {2, 798, {1024, 1024}, {1024, 1024}, {1024, 1024}, {1024, 1024}, {1024, 1024}, {1024, 1024}, {1024, 1024}, {1024, 1024}, {1084, 1084}},
    {3, 1359, {2048, 2048}, {2048, 2048}, {2048, 2048}, {1746, 1219}, {2494, 1918}, {2494, 1918}, {2560, 2432}, {2099, 1454}, {1767, 1233}},
    {4, 1804, {3072, 2048}, {2048, 1024}, {2048, 1024}, {2048, 1024}, {2048, 1024}, {2048, 1024}, {2048, 1024}, {2048, 1024}, {2160, 1100}},
    {6, 2510, {5120, 2048}, {3072, 1376}, {3072, 1376}, {2788, 967}, {4092, 1547}, {4092, 1547}, {3968, 1728}, {3420, 1208}, {2934, 1035}},
    {8, 3072, {7168, 2048}, {4096, 1280}, {3072, 768}, {3072, 768}, {3072, 768}, {3072, 768}, {3072, 768}, {3072, 768}, {3258, 843}},
    {12, 3961, {11264, 2048}, {5120, 1216}, {4096, 864}, {4232, 893}, {5880, 1406}, {5880, 1406}, {5760, 1248}, {5560, 1128}, {4572, 1078}},
    {13, 4151, {12288, 2048}, {12288, 2048}, {12288, 2048}, {4510, 913}, {5998, 1180}, {5998, 1180}, {6376, 1216}, {5744, 1122}, {4856, 1029}},
    {16, 4669, {15360, 2048}, {6144, 1024}, {5120, 768}, {5120, 768}, {5120, 768}, {5120, 768}, {5120, 768}, {5120, 768}, {5274, 820}},
    {24, 5789, {23552, 2048}, {8192, 896}, {6144, 696}, {6648, 711}, {8048, 824}, {8048, 824}, {8192, 848}, {7272, 788}, {7017, 788}},
    {27, 6144, {26624, 2048}, {10240, 960}, {6144, 726}, {6951, 698}, {8308, 771}, {8308, 771}, {9056, 780}, {8254, 814}, {7270, 716}},
    {32, 6681, {31744, 2048}, {10240, 768}, {7168, 576}, {7168, 576}, {7168, 576}, {7168, 576}, {7168, 576}, {7168, 576}, {7741, 664}},
    {48, 8092, none, {12288, 640}, {8192, 480}, {8864, 492}, {11232, 608}, {11232, 608}, {11008, 592}, {9920, 536}, {9331, 531}},
    {64, 9216, none, {14336, 512}, {9216, 384}, {9216, 384}, {9216, 384}, {9216, 384}, {9216, 384}, {9216, 384}, {9984, 456}},
    {100, 11187, none, {18432, 512}, {11264, 322}, {12344, 316}, {14624, 376}, {14624, 376}, {15568, 392}, {14736, 380}, {13083, 372}},
    {125, 12288, none, {28672, 576}, {12288, 294}, {13916, 282}, {15878, 317}, {15878, 317}, {17200, 353}, {15920, 338}, {14122, 316}},
    {128, 12410, none, {22528, 384}, {13312, 256}, {13312, 256}, {13312, 256}, {13312, 256}, {13312, 256}, {13312, 256}, {14238, 314}},
    {192, 14650, none, {26624, 320}, {15360, 208}, {16768, 220}, {19072, 232}, {19072, 232}, {19456, 272}, {17600, 218}, {17368, 240}},
    {256, 16434, none, {30720, 256}, {17408, 160}, {17408, 160}, {17408, 160}, {17408, 160}, {17408, 160}, {17408, 160}, {18920, 196}},
    {512, 21504, none, {47104, 192}, {21504, 96}, {21504, 96}, {21504, 96}, {21504, 96}, {21504, 96}, {21504, 96}, {24414, 132}},
    {1000, 27648, none, none, {27648, 96}, {32000, 78}, {34240, 86}, {34240, 86}, {37296, 90}, {34320, 84}, {33522, 100}},
    {1024, 27892, none, {63488, 128}, {29696, 64}, {29696, 64}, {29696, 64}, {29696, 64}, {29696, 64}, {29696, 64}, {29696, 64}},
};

// 48 x 40 x 20 bricks.
constexpr Row oblong[] = {
    {2, 622, {800, 800}, {800, 800}, {800, 800}, {800, 800}, {1760, 1760}, {800, 800}, {1536, 1536}, {800, 800}, {960, 960}},
    {3, 1245, {1600, 1600}, {1600, 1600}, {1600, 1600}, {1440, 1040}, {2720, 2464}, {2396, 1896}, {2080, 2016}, {2312, 1912}, {1549, 1133}},
    {4, 1740, {2400, 1600}, {1760, 880}, {1760, 880}, {1760, 880}, {3312, 2016}, {1760, 880}, {3264, 2160}, {1760, 880}, {1800, 920}},
    {6, 2525, {4000, 1600}, {2560, 1120}, {2560, 1120}, {2800, 1260}, {4512, 1920}, {4151, 1612}, {4160, 2080}, {3972, 1484}, {2840, 1300}},
    {7, 2852, {4800, 1600}, {4800, 1600}, {4800, 1600}, {3086, 1143}, {5426, 2026}, {4359, 1668}, {4862, 1829}, {4456, 1584}, {3214, 1306}},
    {8, 3149, {5600, 1600}, {3360, 1040}, {3360, 1040}, {3360, 1040}, {5488, 1856}, {3680, 920}, {5264, 1728}, {3520, 1160}, {3720, 980}},
    {12, 4138, {8800, 1600}, {4320, 1000}, {4320, 1000}, {4640, 1040}, {6672, 1536}, {6177, 1154}, {6816, 1456}, {5552, 1128}, {5152, 1175}},
    {16, 4924, {12000, 1600}, {5280, 880}, {5280, 880}, {5280, 880}, {7656, 1216}, {5440, 820}, {7880, 1208}, {5280, 880}, {5750, 867}},
    {24, 6170, {18400, 1600}, {6880, 720}, {6240, 656}, {6736, 760}, {8912, 960}, {9059, 919}, {9728, 1024}, {7824, 804}, {7125, 889}},
    {32, 7161, {24800, 1600}, {8480, 640}, {7200, 560}, {7200, 560}, {10264, 820}, {7200, 560}, {10808, 904}, {7200, 560}, {7544, 601}},
    {48, 8730, {37600, 1600}, {10400, 520}, {8800, 440}, {9440, 560}, {11776, 624}, {12112, 706}, {12680, 680}, {11576, 680}, {9741, 600}},
    {61, 9762, none, none, none, {10762, 442}, {13464, 586}, {13134, 550}, {14054, 588}, {12957, 540}, {11376, 534}},
    {64, 9978, none, {12320, 440}, {10400, 380}, {10400, 380}, {13612, 568}, {10800, 460}, {14252, 576}, {11824, 480}, {11549, 504}},
    {96, 11955, none, {15520, 360}, {12320, 302}, {12960, 320}, {15816, 440}, {15954, 434}, {16672, 456}, {15008, 440}, {14373, 430}},
    {128, 13529, none, {18720, 320}, {14240, 250}, {14240, 250}, {17686, 356}, {14480, 280}, {18788, 378}, {16352, 324}, {15560, 330}},
    {192, 16019, none, {22560, 280}, {16160, 214}, {17824, 224}, {20292, 272}, {21274, 282}, {22060, 296}, {19392, 276}, {18384, 256}},
    {256, 18002, none, {26400, 240}, {18080, 170}, {18080, 170}, {23035, 224}, {18080, 170}, {24605, 242}, {21932, 228}, {19788, 216}},
    {500, 23422, none, {37440, 160}, {23520, 112}, {26500, 136}, {29461, 144}, {30382, 164}, {31159, 152}, {29964, 154}, {27072, 150}},
    {512, 23637, none, {39200, 200}, {24480, 110}, {24480, 110}, {30165, 144}, {27454, 140}, {31793, 154}, {30000, 150}, {27265, 142}},
    {1000, 30466, none, {54240, 160}, {31520, 80}, {35448, 88}, {37456, 88}, {38996, 102}, {40320, 98}, {37926, 94}, {35915, 100}},
    {1024, 30737, none, {54560, 160}, {32160, 78}, {34208, 74}, {38494, 92}, {38296, 94}, {41248, 100}, {38436, 92}, {36164, 94}},
};
// clang-format on

Faces faces_of(const Partition& partition) {
  Faces faces{0, 0};
  for (Rank r = 0; r < partition.ranks(); ++r) {
    const Int3 by_axis = cut_faces(partition, r);
    const Index of_rank = by_axis.x + by_axis.y + by_axis.z;
    faces.total += of_rank;
    faces.most = std::max(faces.most, of_rank);
  }
  faces.total /= 2;
  return faces;
}

Partition along_curve(const Grid& grid, Order order, Fit fit, int ranks) {
  const Tiling tiling(grid, 1);
  const Curve curve(order, fit, tiling.bricks());
  return {order == Order::hilbert ? Method::hilbert : Method::morton, tiling, {}, Segments{curve, cut(curve, tiling, {}, ranks)}};
}

/// What a method offers on one-cell bricks; nothing where it says why.
std::optional<Partition> offered(const Grid& grid, Method method, int ranks) {
  Offer result = offer(Tiling(grid, 1), {}, Stencil::yee(), {}, ranks, method);
  EXPECT_EQ(result.reason.empty(), result.partition.has_value());
  return std::move(result.partition);
}

void expect_row(const Grid& grid, const Row& row) {
  SCOPED_TRACE(testing::Message() << row.ranks << " ranks");
  const auto faces_of_method = [&](Method method) {
    const auto partition = offered(grid, method, row.ranks);
    return partition ? faces_of(*partition) : none;
  };
  EXPECT_EQ(faces_of_method(Method::slab), row.slab);
  EXPECT_EQ(faces_of_method(Method::pencil), row.pencil);
  // Of several factorisations with the same total ours is the one that spares the busiest rank: at 16 ranks on the oblong grid
  // 4x2x2, where the reference has 4x4x1.
  const Faces box = faces_of_method(Method::box);
  EXPECT_EQ(box.total, row.box.total);
  EXPECT_LE(box.most, row.box.most);
  EXPECT_EQ(faces_of(along_curve(grid, Order::hilbert, Fit::embedded, row.ranks)), row.hilbert_embedded);
  EXPECT_EQ(faces_of(along_curve(grid, Order::hilbert, Fit::stretched, row.ranks)), row.hilbert_stretched);
  EXPECT_EQ(faces_of(along_curve(grid, Order::morton, Fit::embedded, row.ranks)), row.morton);
  // Methods that choose: at most 3 % more than the best that the references found, rcb never more than METIS at 3 % imbalance.
  const auto within_3_percent = [](Index total, Index of) { return 100 * total <= 103 * of; };
  const Index hilbert = faces_of_method(Method::hilbert).total, rcb = faces_of_method(Method::rcb).total;
  const Index best = std::min({row.hilbert_embedded.total, row.hilbert_stretched.total, row.gilbert.total});
  EXPECT_TRUE(within_3_percent(hilbert, best)) << "hilbert: " << hilbert << " faces, best key of the references: " << best;
  EXPECT_LE(faces_of_method(Method::morton).total, row.morton.total);
  EXPECT_TRUE(within_3_percent(rcb, row.rcb.total)) << "rcb: " << rcb << " faces, the reference: " << row.rcb.total;
  EXPECT_LE(rcb, row.metis.total);
  EXPECT_NEAR(least_faces(grid, row.ranks), static_cast<double>(row.ideal), 0.75);
}

TEST(KnownAnswers, Cube) {
  for (const Row& row : cube) expect_row({{32, 32, 32}}, row);
}

TEST(KnownAnswers, Oblong) {
  for (const Row& row : oblong) expect_row({{48, 40, 20}}, row);
}

TEST(KnownAnswers, PowersOfEightOnACubeGiveCubesWhateverTheMethod) {
  for (const Index n : {8, 16, 32})
    for (int ranks = 8; ranks <= n * n * n && ranks <= 4096; ranks *= 8) {
      const Grid grid{{n, n, n}};
      const Index per_axis = std::llround(std::cbrt(ranks)), edge = n / per_axis;
      const Index most = per_axis > 2 ? 6 * edge * edge : 3 * edge * edge;
      const Faces cubes{3 * (per_axis - 1) * n * n, most};
      const auto box = offered(grid, Method::box, ranks);
      ASSERT_TRUE(box);
      EXPECT_EQ(faces_of(*box), cubes) << n << "^3 bricks, " << ranks << " ranks";
      EXPECT_EQ(faces_of(along_curve(grid, Order::hilbert, Fit::embedded, ranks)), cubes) << n << "^3 bricks, " << ranks << " ranks";
      EXPECT_EQ(faces_of(along_curve(grid, Order::morton, Fit::embedded, ranks)), cubes) << n << "^3 bricks, " << ranks << " ranks";
    }
}

/// A full grid, equal weights: no partition has fewer faces than the isoperimetric bound.
TEST(KnownAnswers, NoMethodBeatsTheBound) {
  for (const Int3 cells : {Int3{12, 12, 12}, Int3{17, 9, 11}, Int3{20, 20, 5}})
    for (int ranks = 1; ranks <= 60; ++ranks) {
      const Grid grid{cells};
      for (const Order order : {Order::hilbert, Order::morton})
        for (const Fit fit : {Fit::embedded, Fit::stretched})
          EXPECT_GE(static_cast<double>(faces_of(along_curve(grid, order, fit, ranks)).total), least_faces(grid, ranks))
              << ranks << " ranks";
    }
}

}  // namespace
}  // namespace hilbrick
