use std::sync::Arc;

use loom::thread;

use super::*;

fn drain(list: &HotList<u32>) -> Vec<u32> {
    let mut left: Vec<_> = std::iter::from_fn(|| list.pop().map(|(value, _)| value)).collect();
    left.sort_unstable();
    left
}

/// Pops and pushes again with the node kept, or through the free stack.
fn turn(list: &HotList<u32>, keep_node: bool) {
    if let Some((value, vacant)) = list.pop() {
        if keep_node {
            list.push(value, Some(vacant));
        } else {
            list.recycle(vacant);
            list.push(value, None);
        }
    }
}

#[test]
fn a_node_popped_and_pushed_again_does_not_deceive_a_late_pop() {
    loom::model(|| {
        let list = Arc::new(HotList::new());
        list.push(1, None);
        list.push(2, None);
        let other = Arc::clone(&list);
        let thread = thread::spawn(move || {
            let (first, second) = (other.pop(), other.pop());
            for (value, vacant) in [first, second].into_iter().flatten() {
                other.push(value, Some(vacant));
            }
        });
        turn(&list, true);
        thread.join().unwrap();
        assert_eq!(drain(&list), [1, 2]);
    });
}

#[test]
fn nodes_that_go_through_the_free_stack_are_never_owned_twice() {
    loom::model(|| {
        let list = Arc::new(HotList::new());
        list.push(1, None);
        list.push(2, None);
        let other = Arc::clone(&list);
        let thread = thread::spawn(move || turn(&other, false));
        turn(&list, false);
        thread.join().unwrap();
        assert_eq!(drain(&list), [1, 2]);
    });
}

#[test]
fn two_threads_grow_the_list_at_once() {
    loom::model(|| {
        let list = Arc::new(HotList::new());
        let other = Arc::clone(&list);
        let thread = thread::spawn(move || other.push(1, None));
        list.push(2, None);
        thread.join().unwrap();
        assert_eq!(drain(&list), [1, 2]);
    });
}

#[test]
fn a_purge_beside_a_pop_and_a_push_loses_nothing() {
    loom::model(|| {
        let list = Arc::new(HotList::new());
        for value in 1..=3 {
            list.push(value, None);
        }
        let other = Arc::clone(&list);
        let thread = thread::spawn(move || turn(&other, true));
        let mut removed = list.retain(|value| *value != 2);
        thread.join().unwrap();
        removed.extend(drain(&list));
        removed.sort_unstable();
        assert_eq!(removed, [1, 2, 3]);
    });
}
