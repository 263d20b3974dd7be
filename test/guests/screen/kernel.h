/* Ports, ends, and the Multiboot 2 information of the one-file kernels here. */
#pragma once
#include <stdint.h>

static inline void outb(uint16_t port, uint8_t value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }
static inline void outw(uint16_t port, uint16_t value) { __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port)); }
static inline void outl(uint16_t port, uint32_t value) { __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port)); }
static inline uint8_t inb(uint16_t port) { uint8_t value; __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port)); return value; }
static inline uint32_t inl(uint16_t port) { uint32_t value; __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port)); return value; }

/* isa-debug-exit: the status of the run is (value << 1) | 1. */
static inline void finish(uint8_t value) { outb(0xf4, value); }
/* ACPI: SLP_EN with the type of S5. */
static inline void power_off(void) { outw(0x604, 0x2000); }

struct tag {
	uint32_t type, size;
	uint8_t data[];
};

static inline const struct tag *find_tag(uint32_t information, uint32_t type)
{
	for (uint32_t at = information + 8;; at += (((const struct tag *)at)->size + 7) & ~7u) {
		const struct tag *tag = (const struct tag *)at;
		if (tag->type == type || tag->type == 0)
			return tag->type == type ? tag : 0;
	}
}

static inline void serial(const char *text)
{
	while (*text)
		outb(0x3f8, *text++);
}
