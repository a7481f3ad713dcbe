use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Barrier};

use super::*;

fn drain<T>(list: &HotList<T>) -> Vec<T> {
    std::iter::from_fn(|| list.pop().map(|(value, _)| value)).collect()
}

#[test]
fn values_come_out_last_in_first_out_over_many_chunks() {
    let list = HotList::new();
    for value in 0..1000 {
        list.push(value, None);
    }
    assert_eq!(drain(&list), (0..1000).rev().collect::<Vec<_>>());
    assert!(list.pop().is_none());
}

#[test]
fn nothing_is_allocated_while_the_length_stays_the_same() {
    let list = HotList::new();
    for value in 0..FIRST_CHUNK {
        list.push(value, None);
    }
    for _ in 0..1000 {
        if let Some((value, vacant)) = list.pop() {
            list.push(value, Some(vacant));
        }
        if let Some((value, vacant)) = list.pop() {
            list.recycle(vacant);
            list.push(value, None);
        }
    }
    assert_eq!(*list.grown.lock(), 1);
}

#[test]
fn a_node_of_another_list_is_not_taken() {
    let (one, other) = (HotList::new(), HotList::new());
    one.push(1, None);
    let (_, vacant) = one.pop().unwrap();
    other.push(2, Some(vacant));
    other.push(3, None);
    one.push(4, None);
    assert_eq!((drain(&one), drain(&other)), (vec![4], vec![3, 2]));
}

#[test]
fn retain_removes_what_is_not_wanted_and_keeps_the_order() {
    let list = HotList::new();
    for value in 0..10 {
        list.push(value, None);
    }
    let mut removed = list.retain(|value| value % 3 == 0);
    removed.sort_unstable();
    assert_eq!(removed, [1, 2, 4, 5, 7, 8]);
    list.push(10, None);
    assert_eq!(drain(&list), [10, 9, 6, 3, 0]);
    assert!(list.retain(|_| true).is_empty());
}

#[test]
fn values_still_listed_are_dropped_with_the_list() {
    let value = Arc::new(());
    let list = HotList::new();
    for _ in 0..40 {
        list.push(Arc::clone(&value), None);
    }
    drop(list.pop());
    drop(list);
    assert_eq!(Arc::strong_count(&value), 1);
}

#[test]
fn no_value_is_lost_or_seen_twice_under_eight_threads() {
    const THREADS: usize = 8;
    let rounds = if cfg!(miri) { 50 } else { 5_000 };
    let list = HotList::new();
    let held: Vec<AtomicUsize> = (0..THREADS * 2).map(|_| AtomicUsize::new(0)).collect();
    for value in 0..held.len() {
        list.push(value, None);
    }
    let start = Barrier::new(THREADS);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (list, held, start) = (&list, &held, &start);
            scope.spawn(move || {
                start.wait();
                for round in 0..rounds {
                    if round % 64 == thread {
                        assert!(list.retain(|_| true).is_empty());
                    }
                    let Some((value, vacant)) = list.pop() else {
                        continue;
                    };
                    assert_eq!(held[value].fetch_add(1, SeqCst), 0, "in two hands");
                    held[value].fetch_sub(1, SeqCst);
                    if round % 2 == 0 {
                        list.push(value, Some(vacant));
                    } else {
                        list.recycle(vacant);
                        list.push(value, None);
                    }
                }
            });
        }
    });
    let mut left = drain(&list);
    left.sort_unstable();
    assert_eq!(left, (0..THREADS * 2).collect::<Vec<_>>());
}
