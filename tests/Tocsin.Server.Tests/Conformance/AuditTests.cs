using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Tocsin.Audit;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Incidents;
using Tocsin.Operations;
using static Tocsin.Tests.Signals;

namespace Tocsin.Tests.Conformance;

/// <summary>The record of who did what: whole, in order, and changed by nobody unnoticed.</summary>
public abstract class AuditTests(Engine engine)
{
    private const string Tamper = "UPDATE audit SET detail = 'nothing happened' WHERE workspace_id = 1 AND seq = 5";

    [StoreFact]
    public async Task What_people_do_is_in_the_audit_and_what_alerts_do_is_not()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        await bench.ReceiveAsync(Firing("db"));
        await bench.AcknowledgeAsync(1);
        await bench.ActAsync(1, new IncidentEvent.Noted("ana", "looking"));

        var entries = await EntriesAsync(bench);

        Assert.Equal([(1, "user:ana", "incident.acknowledged", "incident/1"), (2, "user:ana", "incident.note_added", "incident/1")], entries.Select(e => (e.Seq, e.Actor, e.Action, e.Subject)));
        Assert.DoesNotContain("looking", entries[1].Detail, StringComparison.Ordinal);
        Assert.All(entries, e => Assert.Equal(("ok", bench.Clock.Now), (e.Result, e.At)));
        Assert.Empty((await VerifyAsync(bench)).Faults);
    }

    [StoreFact]
    public async Task An_entry_is_stored_with_what_it_tells_or_not_at_all()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        var gate = new TaskCompletionSource();
        var first = bench.WriteAsync(_ => gate.Task);
        var writes = Enumerable.Range(0, 60).Select(i => bench.WriteAsync(async tx =>
        {
            await Trail(bench).RecordAsync(tx, 1, Entry($"n{i}"));
            await tx.ExecuteAsync("INSERT INTO meta (name, value) VALUES (@name, '')", ("name", $"n{i}"));
            if (i % 3 == 1)
            {
                throw new InvalidOperationException("This one fails.");
            }
        })).ToArray();
        gate.SetResult();
        await first;
        for (var i = 0; i < writes.Length; i++)
        {
            await (i % 3 == 1 ? Assert.ThrowsAsync<InvalidOperationException>(() => writes[i]) : writes[i]);
        }

        var entries = await EntriesAsync(bench);

        Assert.Equal(Enumerable.Range(1, 40).Select(i => (long)i), entries.Select(e => e.Seq));
        Assert.Equal(
            await bench.ReadAsync(session => session.QueryAsync("SELECT name FROM meta ORDER BY name", static row => row.GetString(0))),
            entries.Select(e => e.Subject).Order(StringComparer.Ordinal));
        Assert.Empty((await VerifyAsync(bench)).Faults);
    }

    [StoreFact]
    public async Task Nodes_that_write_at_once_do_not_fork_a_chain()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        var other = bench.AddNode("b").Database;

        await Task.WhenAll(Enumerable.Range(0, 80).Select(i => (i % 2 == 0 ? bench.Database : other).WriteAsync(
            async tx =>
            {
                // Each takes the workspaces' own locks as it likes, and names several chains in the order that it likes.
                await tx.LockWorkspaceAsync(i % 3);
                foreach (var chain in (long[])(i % 4 < 2 ? [2, 1, 0] : [0, 1, 2]))
                {
                    await Trail(bench).RecordAsync(tx, chain, Entry($"n{i}"));
                }
            },
            default)));

        foreach (var chain in (long[])[0, 1, 2])
        {
            var verdict = await VerifyAsync(bench, chain);
            Assert.Empty(verdict.Faults);
            Assert.Equal((80, 80), (verdict.Count, verdict.Head!.Seq));
        }
    }

    [StoreFact]
    public async Task An_entry_of_whatever_text_is_verified_as_it_was_stored()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        bench.Clock.Advance(TimeSpan.FromTicks(12_345_678));
        string[] odd = ["", "line\r\nbreak", "nul\0 and half \ud800 of a pair", "‮reversed", "it's ‘so’ 😀 e\u0301", new('x', 5000)];
        await bench.WriteAsync(async tx =>
        {
            foreach (var text in odd)
            {
                await Trail(bench).RecordAsync(tx, 1, new(text, text, text, text) { Data = text, Address = text });
            }
        });

        Assert.Empty((await VerifyAsync(bench)).Faults);
        Assert.Equal(odd.Length, (await EntriesAsync(bench)).Count);
    }

    [StoreFact]
    public async Task The_address_is_that_of_the_request_that_asked_for_the_write()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        await Task.WhenAll(Enumerable.Range(1, 20).Select(async i =>
        {
            RequestOrigin.Current = i % 2 == 0 ? null : IPAddress.Parse($"::ffff:192.0.2.{i}");
            await Task.Yield();
            await bench.WriteAsync(tx => Trail(bench).RecordAsync(tx, 1, Entry($"{i}")));
        }));

        Assert.All(await EntriesAsync(bench), e => Assert.Equal(int.Parse(e.Subject) % 2 == 0 ? "" : $"192.0.2.{e.Subject}", e.Address));
    }

    [StoreFact]
    public async Task What_was_altered_removed_inserted_or_moved_is_found()
    {
        await FoundAsync("entry 5 was altered: its hash is not that of what it says", Tamper);
        await FoundAsync("entry 5 was altered: its hash is not that of what it says", "UPDATE audit SET at = at + 1 WHERE workspace_id = 1 AND seq = 5");
        await FoundAsync("entry 5 is missing", "DELETE FROM audit WHERE workspace_id = 1 AND seq = 5");
        await FoundAsync("entries 5 to 6 are missing", "DELETE FROM audit WHERE workspace_id = 1 AND seq IN (5, 6)");
        await FoundAsync("the entries before 4 are missing, and nothing says that they were removed after their time", "DELETE FROM audit WHERE workspace_id = 1 AND seq < 4");
        await FoundAsync(
            "entry 5 was altered: its hash is not that of what it says", "UPDATE audit SET seq = 100 WHERE seq = 5", "UPDATE audit SET seq = 5 WHERE seq = 6", "UPDATE audit SET seq = 6 WHERE seq = 100");

        // A careful hand gives the changed entry a new hash; the next one then no longer follows.
        await FoundAsync("entry 6 does not follow from entry 5 as it is now: one of them was replaced", Tamper, Rehash);
    }

    [StoreFact]
    public async Task An_end_that_was_cut_off_is_found_by_whoever_noted_it()
    {
        await using var bench = await TenAsync();
        var noted = (await VerifyAsync(bench)).Head!;
        await bench.WriteAsync(tx => tx.ExecuteAsync("DELETE FROM audit WHERE seq > 8"));

        Assert.Empty((await VerifyAsync(bench)).Faults);
        Assert.Equal("the chain ends with entry 8, and entry 10 was noted: the end is missing", Assert.Single((await VerifyAsync(bench, 1, noted)).Faults).Text);

        await bench.WriteAsync(async tx =>
        {
            await Trail(bench).RecordAsync(tx, 1, Entry("other"));
            await Trail(bench).RecordAsync(tx, 1, Entry("other"));
        });
        Assert.Empty((await VerifyAsync(bench)).Faults);
        Assert.Equal("entry 10 is not the one that was noted: the chain was written anew", Assert.Single((await VerifyAsync(bench, 1, noted)).Faults).Text);
    }

    [StoreFact]
    public async Task What_the_retention_removes_leaves_a_chain_that_says_so()
    {
        await using var bench = await TenAsync();
        var (early, late) = ((await EntriesAsync(bench))[2], (await EntriesAsync(bench))[8]);
        var kept = bench.Clock.Now.AddMinutes(-4.5);

        Assert.Equal(2, await ForgetAsync(bench, kept, most: 2));
        Assert.Equal(3, await ForgetAsync(bench, kept, most: 10));
        Assert.Equal(0, await ForgetAsync(bench, kept, most: 10));

        var verdict = await VerifyAsync(bench, 1, new(late.Seq, late.Hash), new(early.Seq, early.Hash));
        Assert.Empty(verdict.Faults);
        Assert.Equal((7, 6, 12), (verdict.Count, verdict.First!.Value, verdict.Head!.Seq));

        await bench.WriteAsync(tx => tx.ExecuteAsync("DELETE FROM audit WHERE seq = 6"));
        Assert.Equal("the chain begins with entry 7, and says that it was cut after entry 5", Assert.Single((await VerifyAsync(bench)).Faults).Text);
    }

    [StoreFact]
    public async Task An_export_whose_next_entries_are_removed_meanwhile_breaks_off_and_does_not_end()
    {
        await using var bench = await TenAsync();
        await bench.WriteAsync(async tx =>
        {
            for (var i = 0; i < 1000; i++)
            {
                await Trail(bench).RecordAsync(tx, 1, Entry($"more {i}"));
            }
        });
        List<string> lines = [];

        var broken = await Assert.ThrowsAsync<StoreUnavailableException>(async () =>
        {
            await foreach (var line in new AuditExport(bench.Database, new()).LinesAsync(1, 0, bench.Clock.Now, default))
            {
                lines.Add(line);
                if (lines.Count == 1)
                {
                    await ForgetAsync(bench, bench.Clock.Now.AddDays(1), most: 700);
                }
            }
        });

        Assert.Equal("Entries were removed after their time while the audit was exported. Export it again.", broken.Message);
        Assert.Equal(500, lines.Count);
        Assert.DoesNotContain("\"head\"", lines[^1], StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task The_newest_entry_is_never_removed()
    {
        await using var bench = await TenAsync();

        Assert.Equal(9, await ForgetAsync(bench, bench.Clock.Now.AddDays(1), most: 100));

        Assert.Equal([10, 11], (await EntriesAsync(bench)).Select(e => (int)e.Seq));
        Assert.Empty((await VerifyAsync(bench)).Faults);
    }

    [StoreFact]
    public async Task The_retention_of_the_audit_is_its_own_and_cuts_every_chain_once_a_day()
    {
        await using var bench = await TenAsync();
        await bench.WriteAsync(tx => Trail(bench).RecordAsync(tx, AuditStore.Installation, Entry("old")));
        using var retention = new Retention(
            bench.Database, bench.Parts.Alerts, bench.Parts.Log, bench.Parts.Audit, bench.Parts.Memory, Options.Create(new ServerOptions { RetentionDays = 1 }),
            Options.Create(new AuditOptions { RetentionDays = 30 }), Options.Create(new Tocsin.Issues.GitHubOptions()), bench.Clock, NullLogger<Retention>.Instance);

        bench.Clock.Advance(TimeSpan.FromDays(29));
        foreach (var chain in (long[])[AuditStore.Installation, 1])
        {
            await bench.WriteAsync(tx => Trail(bench).RecordAsync(tx, chain, Entry("new")));
        }

        await retention.TurnAsync(default);
        Assert.Equal((11, 2), ((await EntriesAsync(bench)).Count, (await EntriesAsync(bench, AuditStore.Installation)).Count));

        bench.Clock.Advance(TimeSpan.FromDays(2));
        await retention.TurnAsync(default);
        await retention.TurnAsync(default);

        foreach (var chain in (long[])[AuditStore.Installation, 1])
        {
            Assert.Equal(["new", "audit"], (await EntriesAsync(bench, chain)).Select(e => e.Subject));
            Assert.Empty((await VerifyAsync(bench, chain)).Faults);
        }
    }

    [StoreFact]
    public async Task Entries_that_are_removed_after_their_time_during_a_look_are_not_taken_for_lost()
    {
        await using var bench = await TenAsync();
        await using var store = new InterruptedDatabase(bench.Database);
        var reads = 0;
        store.AfterRead = async () =>
        {
            if (++reads == 2)
            {
                await ForgetAsync(bench, bench.Clock.Now - TimeSpan.FromMinutes(4), most: 100);
            }
        };
        using AuditVerifier verifier = new(store, new());

        var verdict = await verifier.VerifyAsync(1, [], default);

        Assert.Equal((0, 6), (verdict.Faults.Count, verdict.Count));
    }

    [StoreFact]
    public async Task What_was_refused_just_before_the_end_is_stored()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        var trail = Trail(bench);
        using var keeper = new AuditKeeper(trail, new(bench.Database, trail, new(bench.Clock), new(new byte[32])), bench.Parts.Audit, bench.Database, bench.Clock, NullLogger<AuditKeeper>.Instance);
        await keeper.StartAsync(default);
        trail.Refused(1, Refusal("login/ana@example.test", "192.0.2.1"));
        trail.Refused(1, Refusal("login/ana@example.test", "192.0.2.1"));

        await keeper.StopAsync(default);

        Assert.Equal(2, (await EntriesAsync(bench)).Sum(Count));
    }

    [StoreFact]
    public async Task What_cannot_be_stored_now_is_counted_on()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        var trail = Trail(bench);
        trail.Refused(1, Refusal("login/ana@example.test", "192.0.2.1"));
        using var calledOff = new CancellationTokenSource();
        await calledOff.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => trail.FlushAsync(all: false, calledOff.Token));
        trail.Refused(1, Refusal("login/bo@example.test", "192.0.2.1"));

        await trail.FlushAsync(all: false, default);

        Assert.Equal(2, Count(Assert.Single(await EntriesAsync(bench))));
    }

    [StoreFact]
    public async Task A_flood_of_refusals_from_one_address_is_one_counted_entry_a_minute()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        var trail = Trail(bench);
        for (var second = 0; second < 150; second++)
        {
            for (var i = 0; i < 20; i++)
            {
                trail.Refused(0, Refusal("login/ana@example.test", "192.0.2.1"));
            }

            trail.Refused(0, Refusal($"login/n{second % 15}@example.test", "192.0.2.2"));
            await trail.FlushAsync(all: false, default);
            bench.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        await trail.FlushAsync(all: true, default);

        var entries = await EntriesAsync(bench, AuditStore.Installation);
        Assert.Equal([20L, 1200, 1200, 580], entries.Where(e => e.Address == "192.0.2.1").Select(Count));
        Assert.Equal([1L, 60, 60, 29], entries.Where(e => e.Address == "192.0.2.2").Select(Count));
        Assert.Equal("wrong password (1200 times from 09:00:01 to 09:01:00 UTC)", entries.Where(e => e.Address == "192.0.2.1").ElementAt(1).Detail);
        Assert.Equal("login/ana@example.test", entries.First(e => e.Address == "192.0.2.1").Subject);
        Assert.Equal(10, JsonDocument.Parse(entries.Last(e => e.Address == "192.0.2.2").Data).RootElement.GetProperty("subjects").GetArrayLength());
    }

    [StoreFact]
    public async Task Refusals_from_more_addresses_than_can_be_told_apart_are_counted_together()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        var trail = Trail(bench);
        for (var i = 0; i < 100_000; i++)
        {
            trail.Refused(i % 2, Refusal("login/ana@example.test", $"2001:db8::{i:x}"));
        }

        await trail.FlushAsync(all: true, default);

        var entries = (await EntriesAsync(bench, 0)).Concat(await EntriesAsync(bench)).ToList();
        Assert.Equal(202, entries.Count);
        Assert.Equal(100_000, entries.Sum(Count));
        Assert.Equal([49_900, 49_900], entries.Where(e => e.Address == "many").Select(Count));
    }

    [StoreFact]
    public async Task A_backup_that_is_put_back_goes_on_with_its_chains_and_says_so()
    {
        await using var bench = await TenAsync();

        await RestoredBackup.HoldAsync(bench.Database, bench.Clock.Now, default);

        var last = (await EntriesAsync(bench))[^1];
        Assert.Equal((11, "system", "backup.restored", "workspace/1"), (last.Seq, last.Actor, last.Action, last.Subject));
        Assert.Contains("ended with entry 10", last.Detail, StringComparison.Ordinal);
        Assert.Equal("backup.restored", Assert.Single(await EntriesAsync(bench, AuditStore.Installation)).Action);
        Assert.Empty((await VerifyAsync(bench)).Faults);
    }

    private const string Rehash = "(hashed anew)";

    private async Task FoundAsync(string fault, params string[] statements)
    {
        await using var bench = await TenAsync();
        foreach (var statement in statements)
        {
            await bench.WriteAsync(async tx =>
            {
                if (statement != Rehash)
                {
                    await tx.ExecuteAsync(statement);
                    return;
                }

                var changed = (await new AuditStore().AfterAsync(tx, 1, 4, 1))[0].Sealed();
                await tx.ExecuteAsync("UPDATE audit SET hash = @hash WHERE workspace_id = 1 AND seq = 5", ("hash", changed.Hash));
            });
        }

        Assert.Equal(fault, (await VerifyAsync(bench)).Faults[0].Text);
    }

    /// <summary>A chain of ten entries, a minute apart.</summary>
    private async Task<EngineBench> TenAsync()
    {
        var bench = await EngineBench.OpenAsync(engine);
        for (var i = 1; i <= 10; i++)
        {
            bench.Clock.Advance(TimeSpan.FromMinutes(1));
            await bench.WriteAsync(tx => Trail(bench).RecordAsync(tx, 1, Entry($"n{i}")));
        }

        return bench;
    }

    private static Task<int> ForgetAsync(EngineBench bench, DateTimeOffset before, int most) =>
        bench.WriteAsync(tx => new AuditStore().ForgetAsync(tx, 1, before, most, bench.Clock.Now));

    private static AuditTrail Trail(EngineBench bench) => new(bench.Database, new(), bench.Clock);

    private static AuditEntry Entry(string subject) => new("user:ana", "test.done", subject, "something was done") { Data = """{"n":1.0}""" };

    private static AuditEntry Refusal(string subject, string address) =>
        new(AuditEntry.Nobody, "login.failed", subject, "wrong password") { Result = AuditResult.Refused, Address = address };

    private static long Count(AuditLink entry) => entry.Data.Length == 0 ? 1 : JsonDocument.Parse(entry.Data).RootElement.GetProperty("count").GetInt64();

    private static Task<List<AuditLink>> EntriesAsync(EngineBench bench, long chain = 1) => bench.ReadAsync(session => new AuditStore().AfterAsync(session, chain, 0, 1000));

    private static Task<AuditVerdict> VerifyAsync(EngineBench bench, long chain = 1, params AuditAnchor[] anchors) =>
        new AuditVerifier(bench.Database, new()).VerifyAsync(chain, anchors, default);

    public sealed class OnSqlite() : AuditTests(Engine.Sqlite);

    public sealed class OnPostgres() : AuditTests(Engine.Postgres);
}
