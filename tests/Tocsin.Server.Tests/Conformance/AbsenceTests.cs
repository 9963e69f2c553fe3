using Tocsin.Notify;
using Tocsin.Routing;
using static Tocsin.Tests.Signals;

namespace Tocsin.Tests.Conformance;

/// <summary>Why somebody was not paged: from what was recorded.</summary>
public abstract class AbsenceTests(Engine engine)
{
    [StoreFact]
    public async Task Somebody_answered_before_their_step_came()
    {
        await using var bench = await OpenAsync(Two());
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(4);
        await bench.AcknowledgeAsync(1);

        var why = Assert.Single(await OfAsync(bench, "bo"));
        Assert.Equal((AbsenceExplainer.AnsweredFirst, VirtualClock.Start.AddMinutes(4)), (why.Verdict, why.At));
        Assert.Equal("step 2 of policy main (by name) was never reached: acknowledged by ana, 4 min after the beginning", why.Reason);
    }

    [StoreFact]
    public async Task Who_was_paged_is_told_when_and_why()
    {
        await using var bench = await OpenAsync(Two());
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(1);

        var why = Assert.Single(await OfAsync(bench, "ana"));
        Assert.Equal((AbsenceExplainer.Paged, "step 1, ana by push: sent, because user ana"), (why.Verdict, why.Reason));
        Assert.Equal(AbsenceExplainer.Waiting, Assert.Single(await OfAsync(bench, "bo")).Verdict);
    }

    [StoreFact]
    public async Task A_rung_that_was_due_after_the_answer_was_called_off()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push", "phone@5").Policy("30m user:ana"));
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(2);
        await bench.AcknowledgeAsync(1);

        var why = await OfAsync(bench, "ana");
        Assert.Equal([AbsenceExplainer.Paged, AbsenceExplainer.AnsweredFirst], why.Select(w => w.Verdict));
        Assert.StartsWith("step 1, ana by phone was due 5 min after the beginning and called off: ", why[1].Reason, StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task A_method_failed_with_its_reason()
    {
        await using var bench = await OpenAsync(Two());
        bench.Notifier.Answer("ana/push", FakeNotifier.Gone);
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(1);

        Assert.Equal("step 1, ana by push: failed after 1 attempt: 410 Gone", Assert.Single(await OfAsync(bench, "ana"), w => w.Verdict == AbsenceExplainer.MethodFailed).Reason);
    }

    [StoreFact]
    public async Task Somebody_else_was_on_call()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push").User("bo", "push").Schedule("days", "ana", "bo").Policy("30m schedule:days"));
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(1);

        var why = Assert.Single(await OfAsync(bench, "bo"));
        Assert.Equal(AbsenceExplainer.NotOnCall, why.Verdict);
        Assert.Equal("step 1 of policy main leads to bo (schedule days), and called ana instead: schedule days: rotation daily", why.Reason);
    }

    [StoreFact]
    public async Task No_step_names_them_or_they_are_disabled()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push").User("bo", "push").User("cy", "push").Disable("cy").Team("all", "ana", "cy").Policy("30m team:all"));
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(1);

        Assert.Equal("no step of policy main (by route root) calls bo; it called ana", Assert.Single(await OfAsync(bench, "bo")).Reason);
        var why = Assert.Single(await OfAsync(bench, "cy"));
        Assert.Equal(AbsenceExplainer.Unreachable, why.Verdict);
        Assert.Contains("cy is disabled", why.Reason, StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task An_alert_was_muted_or_went_where_nobody_is_paged()
    {
        await using var bench = await OpenAsync(Two().Silence("alertname=db", VirtualClock.Start, VirtualClock.Start.AddHours(2))
            .Route(r => r with { Routes = [new() { Name = "quiet", Match = EstateBuilder.Matching("alertname=info"), Policy = Route.NoPolicy }] }));
        await bench.ReceiveAsync(Firing("db"), Firing("info"));
        var explainer = Explainer(bench);

        var muted = Assert.Single((await explainer.OfAlertAsync(bench.Estate, (await bench.AlertAsync("db")).Id, "ana", bench.Clock.Now, default))!);
        Assert.Equal((AbsenceExplainer.Muted, "db is down is muted by silence s1: planned work"), (muted.Verdict, muted.Reason));
        var quiet = Assert.Single((await explainer.OfAlertAsync(bench.Estate, (await bench.AlertAsync("info")).Id, "ana", bench.Clock.Now, default))!);
        Assert.Equal((AbsenceExplainer.NotRouted, "route root/quiet leads to policy none, which pages nobody"), (quiet.Verdict, quiet.Reason));

        var span = await explainer.OfSpanAsync(bench.Estate, VirtualClock.Start.AddMinutes(-1), VirtualClock.Start.AddMinutes(1), "ana", default);
        Assert.Equal([AbsenceExplainer.NotRouted, AbsenceExplainer.Muted], span.Select(w => w.Verdict));
        Assert.Equal(AbsenceExplainer.NothingHappened, Assert.Single(await explainer.OfSpanAsync(bench.Estate, VirtualClock.Start.AddHours(-2), VirtualClock.Start.AddHours(-1), "ana", default)).Verdict);
    }

    [StoreFact]
    public async Task Too_many_pages_were_told_in_one()
    {
        await using var bench = await EngineBench.OpenAsync(engine, Two(), new PagingOptions { MaxPerMinute = 1 });
        await bench.ReceiveAsync(Firing("a"), Firing("b"));
        await bench.PassUntilAsync(0.1);

        Assert.Equal(AbsenceExplainer.RateLimited, Assert.Single((await Explainer(bench).OfIncidentAsync(bench.Estate, 2, "ana", default))!).Verdict);
    }

    private static EstateBuilder Two() => new EstateBuilder().User("ana", "push").User("bo", "mail").Policy("5m user:ana", "5m user:bo");

    private Task<EngineBench> OpenAsync(EstateBuilder estate) => EngineBench.OpenAsync(engine, estate);

    private static AbsenceExplainer Explainer(EngineBench bench) =>
        new(bench.Database, bench.Parts.Incidents, bench.Parts.Alerts, bench.Parts.Pages, bench.Parts.Mutes, bench.Parts.Log);

    private static async Task<IReadOnlyList<Sdk.Absence>> OfAsync(EngineBench bench, string user) => (await Explainer(bench).OfIncidentAsync(bench.Estate, 1, user, default))!;

    public sealed class OnSqlite() : AbsenceTests(Engine.Sqlite);

    public sealed class OnPostgres() : AbsenceTests(Engine.Postgres);
}
