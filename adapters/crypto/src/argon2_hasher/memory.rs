//! The memory that one hashing thread fills again and again.

use std::collections::TryReserveError;

use argon2::Block;

/// More than 32 MiB. The C library maps a request of that size from the kernel and unmaps it
/// when it is freed; a smaller one could stay in the heap of its thread for good (`mallopt`,
/// `M_MMAP_THRESHOLD`). Blocks that are reserved and never written cost no memory.
const RESERVED_AT_LEAST: usize = 33 * 1024;

/// After so many jobs in a row that needed less than half, a smaller memory is taken.
const PATIENCE: u32 = 16;

/// Blocks of 1 KiB, grown to the largest need and kept for the next job. What the last job
/// left is overwritten by Argon2's first pass before it is read (RFC 9106 §3.2).
#[derive(Default)]
pub(crate) struct Memory {
    blocks: Vec<Block>,
    oversized: u32,
}

impl Memory {
    /// That many blocks, with anything in them.
    pub(crate) fn blocks(&mut self, count: usize) -> Result<&mut [Block], TryReserveError> {
        if self.is_oversized_for(count) || self.blocks.capacity() < count {
            self.give_back();
            self.blocks
                .try_reserve_exact(count.max(RESERVED_AT_LEAST))?;
        }
        if self.blocks.len() < count {
            self.blocks.resize(count, Block::new());
        }
        Ok(&mut self.blocks[..count])
    }

    /// Whether nothing is held.
    pub(crate) const fn is_empty(&self) -> bool {
        self.blocks.capacity() == 0
    }

    /// Returns everything to the operating system.
    pub(crate) fn give_back(&mut self) {
        *self = Self::default();
    }

    fn is_oversized_for(&mut self, count: usize) -> bool {
        self.oversized = if self.blocks.len() / 2 > count {
            self.oversized + 1
        } else {
            0
        };
        self.oversized >= PATIENCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_to_the_need_and_is_kept() {
        let mut memory = Memory::default();
        assert!(memory.is_empty());
        assert_eq!(memory.blocks(8).unwrap().len(), 8);
        let place = memory.blocks(64).unwrap().as_ptr();
        assert_eq!(memory.blocks(8).unwrap().len(), 8);
        assert_eq!(memory.blocks(64).unwrap().as_ptr(), place);
        memory.give_back();
        assert!(memory.is_empty());
    }

    #[test]
    fn one_large_need_does_not_hold_its_memory_for_good() {
        let mut memory = Memory::default();
        memory.blocks(1_000).unwrap();
        for _ in 1..PATIENCE {
            memory.blocks(100).unwrap();
        }
        assert_eq!(memory.blocks.len(), 1_000);
        memory.blocks(100).unwrap();
        assert_eq!(memory.blocks.len(), 100);
    }
}
