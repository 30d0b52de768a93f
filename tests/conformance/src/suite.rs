//! The list of all promises, and the macro that makes tests of it.

/// Makes one `#[test]` of every promise. Takes what opens a fresh store: the name of an
/// `async fn() -> Opened`, or a closure that answers such a future.
#[macro_export]
macro_rules! store_suite {
    ($open:expr) => {
        $crate::store_suite! { @modules $open;
            prove units {
                commit_keeps
                drop_forgets
                a_unit_reads_its_own_writes
                what_is_not_committed_is_invisible
                a_failed_unit_harms_nobody
            }
            prove work {
                work_that_ends_well_is_kept
                work_that_ends_badly_leaves_no_trace
                work_that_ends_badly_harms_nobody
                one_of_many_pieces_of_work_wins
            }
            prove keys {
                signing_keys_come_back_whole_and_only_in_their_realm
                a_signing_key_changes_its_state_only
                a_stale_signing_key_is_refused
                data_keys_are_kept_by_purpose_and_version
                facts_are_kept_by_name
            }
            prove realms {
                realms_come_back_whole
                a_taken_slug_is_a_duplicate
                a_realm_changes_but_for_id_slug_and_birth
                a_stale_realm_is_refused
                realms_are_paged_by_id
                a_realm_is_swept_in_batches_and_no_other
            }
            prove users {
                users_come_back_whole_and_only_in_their_realm
                a_taken_username_is_a_duplicate
                a_taken_email_is_a_duplicate
                a_user_changes_but_for_id_subject_and_birth
                a_stale_user_is_refused
                removing_a_user_removes_all_theirs
                a_foreign_user_is_not_removed
            }
            prove people {
                every_status_of_a_user_comes_back
                users_are_paged_by_id
                a_prefix_of_user_names_is_taken_literally
                conditions_on_users_hold_together
                users_are_found_by_when_they_were_made
                users_are_paged_in_other_orders
                keys_are_compared_as_bytes
            }
            prove passwords {
                a_password_is_put_and_replaced
                a_rehash_changes_the_hash_only
                a_rehash_never_undoes_a_change
                earlier_passwords_are_remembered_and_forgotten
                a_password_is_removed_with_its_history
                a_subject_key_is_destroyed_for_good
            }
            prove clients {
                clients_come_back_whole_and_only_in_their_realm
                a_taken_client_id_is_a_duplicate
                a_client_changes_whole
                a_stale_client_is_refused
                clients_are_paged_by_id_and_filtered
                clients_are_found_by_name_origin_and_grant_type
                a_client_is_stripped_in_turns
                a_prefix_of_client_ids_is_taken_literally
                origins_of_enabled_clients_are_allowed
                removing_a_client_removes_what_it_was_given
            }
            prove roles {
                roles_come_back_whole_and_only_in_their_realm
                a_taken_role_or_group_name_is_a_duplicate
                a_role_changes_what_it_allows
                a_role_is_held_directly_and_through_groups
                removing_a_role_takes_it_from_all
                active_holders_are_counted_once_each
            }
            prove sessions {
                sessions_come_back_whole_and_only_in_their_realm
                an_update_renews_the_secret
                a_stale_or_ended_session_is_refused
                a_touch_conflicts_with_nobody
                a_session_ends_once
                all_sessions_of_a_person_end
                listed_sessions_end_and_no_others
                all_but_one_session_of_a_person_end
                sessions_are_paged_by_id_and_filtered
                sessions_are_swept_within_the_limit
            }
            prove grants {
                grants_come_back_whole_and_only_in_their_realm
                grants_are_paged_by_id_and_filtered
                a_grant_ends_once
                matching_grants_end_and_no_others
                listed_grants_end_with_their_families_and_codes
                a_grant_is_extended_and_never_cut
                grants_are_swept_within_the_limit
                consents_are_remembered_replaced_and_forgotten
            }
            prove factors {
                factors_come_back_whole_and_only_in_their_realm
                a_factor_is_renamed_as_it_was_read
                one_factor_of_a_person_is_primary
                a_time_step_is_used_once
                one_of_many_uses_a_time_step
                a_factor_is_removed_by_its_owner
                recovery_codes_are_used_once_and_replaced
                one_of_many_uses_a_recovery_code
                factors_die_with_their_person
            }
            prove throttles {
                failures_are_counted_in_one_row
                many_failures_at_once_are_all_counted
                a_forgotten_count_begins_again
                a_later_failure_says_how_long_to_wait
                throttles_are_listed_and_lifted
                throttles_are_swept_within_the_limit
            }
            prove families {
                families_come_back_whole_and_only_in_their_realm
                the_current_generation_steps_on
                a_token_that_stays_moves_its_idle_time_only
                another_generation_is_reuse
                the_previous_generation_overlaps_for_a_while
                without_an_overlap_an_earlier_clock_is_no_excuse
                an_expired_or_ended_family_is_dead
                an_unknown_or_foreign_family_is_unknown
                one_of_many_rotates
                many_within_the_overlap_hold_the_same_token
                families_of_all_but_one_session_end
                matching_families_end_and_no_others
                families_are_swept_within_the_limit
            }
            prove tickets {
                tickets_come_back_whole_and_only_in_their_realm
                a_ticket_is_redeemed_once
                a_ticket_is_good_from_its_beginning_to_before_its_end
                what_is_not_ready_is_unknown
                one_of_many_redeems
                one_of_many_who_looked_first_redeems
                a_live_digest_or_alias_collides
                an_alias_is_found_while_it_lives
                a_revoked_ticket_is_void
                tickets_of_a_grant_or_subject_are_voided
                tickets_of_one_kind_of_a_subject_are_voided
                a_subjects_tickets_are_counted
                tickets_are_swept_within_the_limit
            }
            prove decisions {
                a_ticket_moves_on_from_where_it_was_seen
                a_used_ticket_moves_nowhere
                one_of_many_moves_a_ticket_on
                a_poll_that_is_too_soon_waits_longer
                a_poll_does_not_disturb_a_decision
                strikes_use_a_ticket_up
                a_value_is_remembered_until_its_time
                one_of_many_is_the_first
            }
            prove device_grant {
                a_device_gets_its_tokens_once_the_person_agreed
                a_refused_device_hears_so
                a_decision_is_final_and_time_runs_out
            }
            prove documents {
                documents_come_back_whole_and_only_in_their_realm
                a_stale_document_is_refused
                a_document_is_removed_as_it_was_read
                documents_are_listed_by_name
                one_of_many_writes_a_document
            }
            prove access {
                a_composite_role_gives_what_it_includes
                roles_include_each_other_in_no_circle
                many_at_once_cannot_close_a_circle
                holders_by_inclusion_count
                the_last_administrator_by_a_group_remains
                holders_of_a_role_are_paged
                groups_come_back_whole_and_only_in_their_realm
                a_group_changes_what_people_see
                a_group_goes_with_all_of_its
            }
            prove catalogue {
                apis_are_kept
                scopes_are_kept
                permissions_are_kept
                an_api_is_used_by_scopes_and_permissions
                a_swept_realm_loses_its_catalogue
            }
            prove revocations {
                an_entry_makes_a_token_void
                a_watermark_makes_older_tokens_void
                a_persons_watermark_spares_machines
                entries_and_watermarks_only_move_forward
                revocations_are_swept_and_watermarks_forgotten
            }
            prove changes {
                changes_come_back_whole
                a_follower_misses_nothing_and_comes_to_rest
                a_new_follower_begins_now
                swept_changes_are_gone_and_numbers_go_on
                a_waiting_follower_is_woken
            }
            prove audit {
                events_come_back_whole
                a_dropped_unit_appends_nothing
                the_chain_of_seals_grows_and_verifies
                many_writers_make_one_chain
                the_trail_is_listed_newest_first_and_filtered
                the_beginning_is_given_up_and_the_chain_goes_on
            }
            prove errands {
                a_job_is_held_by_one_node
                leases_are_counted_and_swept
                one_of_many_nodes_gets_the_job
                a_message_comes_again_until_it_is_done
                messages_are_taken_within_the_limit
                no_message_is_taken_by_two_senders
                a_dropped_message_is_never_sent
                a_message_is_postponed_by_who_has_it
                overdue_messages_are_swept_within_the_limit
            }
            prove texts {
                text_survives
                text_is_found_to_the_byte
                extremes_survive
            }
            prove crowds {
                one_of_many_gets_the_name
                one_of_many_updates_a_revision
                reading_first_does_not_break_writers
                a_neighbours_failure_is_not_mine
                the_last_administrator_remains
                only_what_is_there_is_locked
                opposite_lock_orders_end
            }
            prove turns {
                a_cancelled_unit_leaves_no_trace_and_blocks_nobody
                callers_that_leave_the_line_hold_nobody_up
                a_unit_that_takes_too_long_loses_its_turn
                a_consistent_view_sees_one_moment
            }
            prove_unsealed unsealed {
                without_a_seal_key_nothing_is_appended
            }
        }
    };
    (@modules $open:expr; $($runner:ident $module:ident { $($promise:ident)+ })+) => {
        $(mod $module {
            #[allow(unused_imports, reason = "`open` may be a path or a closure")]
            use super::*;
            $(#[test]
            fn $promise() {
                $crate::$runner($open, $crate::promises::$module::$promise);
            })+
        })+
    };
}
