using Tocsin.Notify;
using static Tocsin.Tests.Signals;

namespace Tocsin.Tests.Conformance;

/// <summary>Messages that were sent say what is so now, where the provider can change them; nothing else of paging depends on it.</summary>
public abstract class PageEditTests(Engine engine)
{
    [StoreFact]
    public async Task A_message_that_can_be_changed_is_changed_for_everybody_instead_of_telling_anew()
    {
        await using var bench = await OpenAsync();
        await bench.ReceiveAsync(Firing("db"));
        await bench.WorkAsync();

        await bench.AcknowledgeAsync(1, "ana");
        await bench.PassUntilAsync(60);

        Assert.Equal(["00:00 ana push page"], bench.Notifier.Story);
        var edit = Assert.Single(bench.Notifier.Edits);
        Assert.Equal(("m1", MessageKind.Acknowledged, "ana", VirtualClock.Start), (edit.Handle, edit.Message.Kind, edit.Message.By, edit.Message.Now));
        Assert.Equal(0, await bench.CountAsync("job"));
    }

    [StoreFact]
    public async Task Each_page_of_an_incident_is_changed_also_the_one_that_rang_first()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push").User("bo", "push").Policy("5m user:ana", "5m user:bo"));
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(6);
        bench.Notifier.Edits.Clear();

        await bench.Parts.Incident.ResolveAsync(1, 1, "user:bo", default);
        await bench.WorkAsync();

        Assert.Equal(["m1 Resolved bo", "m2 Resolved bo"], bench.Notifier.Edits.Select(e => $"{e.Handle} {e.Message.Kind} {e.Message.By}").Order());
    }

    [StoreFact]
    public async Task Whoever_answers_while_the_page_is_being_sent_sees_that_he_has_it()
    {
        await using var bench = await OpenAsync();
        await bench.ReceiveAsync(Firing("db"));
        bench.Notifier.Meanwhile = async _ =>
        {
            bench.Notifier.Meanwhile = null;
            await bench.AcknowledgeAsync(1, "ana");
        };

        await bench.WorkAsync();

        Assert.Equal(MessageKind.Acknowledged, Assert.Single(bench.Notifier.Edits).Message.Kind);
    }

    [StoreFact]
    public async Task What_changes_while_a_message_is_being_changed_is_shown_last()
    {
        await using var bench = await OpenAsync();
        await bench.ReceiveAsync(Firing("db"));
        await bench.WorkAsync();
        bench.Notifier.Meanwhile = async _ =>
        {
            bench.Notifier.Meanwhile = null;
            await bench.Parts.Incident.ResolveAsync(1, 1, "user:ana", default);
        };

        await bench.AcknowledgeAsync(1, "ana");
        await bench.WorkAsync();

        Assert.Equal([MessageKind.Acknowledged, MessageKind.Resolved], bench.Notifier.Edits.Select(e => e.Message.Kind));
    }

    [StoreFact]
    public async Task A_change_is_tried_again_and_shows_what_is_so_by_then()
    {
        await using var bench = await OpenAsync();
        await bench.ReceiveAsync(Firing("db"));
        await bench.WorkAsync();
        bench.Notifier.Answer("ana/push", FakeNotifier.Busy, FakeNotifier.BusyFor(TimeSpan.FromSeconds(40)));

        await bench.AcknowledgeAsync(1, "ana");
        await bench.PassUntilAsync(0.5);
        await bench.Parts.Incident.ResolveAsync(1, 1, "user:ana", default);
        await bench.PassUntilAsync(10);

        Assert.Equal([MessageKind.Acknowledged, MessageKind.Acknowledged, MessageKind.Resolved], bench.Notifier.Edits.Select(e => e.Message.Kind));
        Assert.True(bench.Notifier.Edits[2].At - bench.Notifier.Edits[1].At >= TimeSpan.FromSeconds(40));
    }

    [StoreFact]
    public async Task A_change_that_never_works_is_given_up_and_holds_up_no_page()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push").Policy("main", 1, "5m user:ana"));
        await bench.ReceiveAsync(Firing("db"));
        await bench.WorkAsync();
        bench.Notifier.EditsAlways = FakeNotifier.Busy;

        await bench.PassUntilAsync(60);

        Assert.Equal(["00:00 ana push page", "05:00 ana push page"], bench.Notifier.Story);
        Assert.Contains("page.edit_failed", await bench.KindsAsync(1));

        // What is left is that administrators hear of it again.
        Assert.Equal(1, await bench.CountAsync("job"));
        await bench.ResolveAsync(1);
        await bench.PassUntilAsync(90);
        Assert.Equal(0, await bench.CountAsync("job"));
    }

    [StoreFact]
    public async Task Where_there_is_a_thread_the_end_is_told_there_too_but_not_to_whoever_brought_it_about()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push").Channel("room").Policy("5m user:ana channel:room"));
        bench.Notifier.Threads = true;
        await bench.ReceiveAsync(Firing("db"));
        await bench.WorkAsync();

        await bench.AcknowledgeAsync(1, "ana");
        await bench.WorkAsync();
        Assert.Equal(2, bench.Notifier.Attempts.Count);

        await bench.Parts.Incident.ResolveAsync(1, 1, "user:ana", default);
        await bench.WorkAsync();
        var told = Assert.Single(bench.Notifier.Attempts.Skip(2));
        Assert.Equal(("room", MessageKind.Resolved), (told.Message.Recipient, told.Message.Kind));
        Assert.Equal($"thread of {(await bench.PagesAsync(1)).First(p => p.Recipient == "room").Receipt!.Handle}", told.Message.Thread);
    }

    [StoreFact]
    public async Task Putting_it_off_shows_and_so_does_the_end_of_that()
    {
        await using var bench = await OpenAsync();
        await bench.ReceiveAsync(Firing("db"));
        await bench.WorkAsync();

        await bench.Parts.Incident.SnoozeAsync(1, 1, VirtualClock.Start.AddMinutes(30), "user:ana", default);
        await bench.PassUntilAsync(31);

        Assert.Equal([(MessageKind.Snoozed, "m1"), (MessageKind.Page, "m1")], bench.Notifier.Edits.Select(e => (e.Message.Kind, e.Handle)));
        Assert.Equal(["00:00 ana push page", "30:00 ana push page"], bench.Notifier.Story);
    }

    private Task<EngineBench> OpenAsync() => OpenAsync(new EstateBuilder().User("ana", "push").Policy("5m user:ana"));

    private async Task<EngineBench> OpenAsync(EstateBuilder estate)
    {
        var bench = await EngineBench.OpenAsync(engine, estate);
        bench.Notifier.CanEdit = true;
        return bench;
    }

    public sealed class OnSqlite() : PageEditTests(Engine.Sqlite);

    public sealed class OnPostgres() : PageEditTests(Engine.Postgres);
}
