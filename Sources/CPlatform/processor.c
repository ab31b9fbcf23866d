#include "CPlatform.h"

#if defined(__x86_64__)
#include <cpuid.h>

// Bits as the x86-64 psABI lists them for each level; registers of leaf 1, leaf 7 and leaf 0x80000001.
enum {
    LEAF1_ECX_V2 = bit_SSE3 | bit_SSSE3 | bit_CMPXCHG16B | bit_SSE4_1 | bit_SSE4_2 | bit_POPCNT,
    LEAF1_ECX_V3 = bit_FMA | bit_MOVBE | bit_OSXSAVE | bit_AVX | bit_F16C,
    LEAF7_EBX_V3 = bit_BMI | bit_AVX2 | bit_BMI2,
    LEAF7_EBX_V4 = bit_AVX512F | bit_AVX512DQ | bit_AVX512CD | bit_AVX512BW | bit_AVX512VL,
    EXTENDED_ECX_V2 = 1 << 0,  // LAHF and SAHF
    EXTENDED_ECX_V3 = 1 << 5,  // LZCNT
    STATE_V3 = 0x06,           // what the system saves: SSE and AVX registers
    STATE_V4 = 0xE6,           // and masks and the 512-bit registers
};

static int has(unsigned bits, unsigned wanted) { return (bits & wanted) == wanted; }

static unsigned saved_state(void) {
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

int platform_processor_level(void) {
    unsigned eax, ebx, ecx, edx, leaf1, leaf7 = 0, extended = 0;
    if (!__get_cpuid(1, &eax, &ebx, &leaf1, &edx)) return 1;
    if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) leaf7 = ebx;
    if (__get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx)) extended = ecx;
    if (!has(leaf1, LEAF1_ECX_V2) || !has(extended, EXTENDED_ECX_V2)) return 1;
    if (!has(leaf1, LEAF1_ECX_V3) || !has(leaf7, LEAF7_EBX_V3) || !has(extended, EXTENDED_ECX_V3)) return 2;
    unsigned state = saved_state();
    if (!has(state, STATE_V3)) return 2;
    return has(leaf7, LEAF7_EBX_V4) && has(state, STATE_V4) ? 4 : 3;
}
#else
int platform_processor_level(void) { return 0; }
#endif
