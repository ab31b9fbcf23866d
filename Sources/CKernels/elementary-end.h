// Ends what elementary-lanes.h began.
#undef INLINE
#undef V
#undef M
#undef ALL
#undef NAME
#undef LANES
