//! Things that are used by one connection at a time, in turn.

use std::collections::VecDeque;

/// A queue, and what each connection has taken from it.
#[derive(Debug)]
pub struct Queue<T> {
    waiting: VecDeque<T>,
    taken: Vec<Option<T>>,
}

impl<T> Queue<T> {
    /// Everything waits.
    pub fn new(things: impl IntoIterator<Item = T>) -> Self {
        Self {
            waiting: things.into_iter().collect(),
            taken: Vec::new(),
        }
    }

    /// What the connection has, or else the next one that waits.
    pub fn take(&mut self, lane: usize) -> Option<&mut T> {
        if self.taken.len() <= lane {
            self.taken.resize_with(lane + 1, || None);
        }
        let place = &mut self.taken[lane];
        if place.is_none() {
            *place = self.waiting.pop_front();
        }
        place.as_mut()
    }

    /// What the connection has.
    pub fn held(&mut self, lane: usize) -> Option<&mut T> {
        self.taken.get_mut(lane).and_then(Option::as_mut)
    }

    /// The connection is done with it; it may be taken again.
    pub fn give_back(&mut self, lane: usize) {
        if let Some(thing) = self.drop_held(lane) {
            self.waiting.push_back(thing);
        }
    }

    /// The connection is done with it, and nobody may have it again.
    pub fn drop_held(&mut self, lane: usize) -> Option<T> {
        self.taken.get_mut(lane).and_then(Option::take)
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_connections_never_hold_the_same_thing() {
        let mut queue = Queue::new([1, 2, 3]);
        assert_eq!(queue.take(0), Some(&mut 1));
        assert_eq!(queue.take(5), Some(&mut 2));
        assert_eq!(queue.take(0), Some(&mut 1));
        queue.give_back(0);
        assert_eq!(queue.take(0), Some(&mut 3));
        assert_eq!(queue.take(1), Some(&mut 1));
        assert_eq!(queue.take(2), None);
        assert_eq!(queue.drop_held(5), Some(2));
        assert_eq!(queue.held(5), None);
        assert_eq!(queue.waiting(), 0);
    }
}
