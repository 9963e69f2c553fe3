using Tocsin.Alerts;
using Tocsin.Demo.Fakes;
using Tocsin.Telemetry;

namespace Tocsin.Tests.Telemetry;

/// <summary>The way to a model over real sockets: three interfaces, every fault, and what it may cost.</summary>
public abstract class ModelDeskTests(Engine engine)
{
    private static readonly AiProvider[] _providers = [AiProvider.OpenAi, AiProvider.Anthropic, AiProvider.Watsonx];

    [StoreFact]
    public async Task Each_provider_is_asked_in_its_own_form_and_understood()
    {
        await using var bench = await ModelBench.OpenAsync(engine);
        foreach (var provider in _providers)
        {
            bench.Fake.Say(FakeModel.Anomaly);

            var verdict = (await bench.Desk(provider).JudgeAsync(1, ModelBench.Facts, default)).Value!;

            Assert.Equal((true, Severity.High, "The database refuses connections"), (verdict.IsAnomaly, verdict.Severity, verdict.Title));
            var question = bench.Fake.Questions[^1];
            Assert.Equal(provider.ToString(), question.Provider, ignoreCase: true);
            Assert.Contains("Be conservative", question.System + question.Text, StringComparison.Ordinal);
            Assert.Contains("\"service\":\"checkout\"", question.Text, StringComparison.Ordinal);
        }

        Assert.Equal(3, bench.Fake.Questions.Select(q => q.Text.Split("BEGIN-")[^1][..16]).Distinct().Count());
        Assert.Equal((3, 1), ((int)(await bench.SpentAsync()).CallsThisHour, bench.Fake.TokensGiven));
    }

    [StoreFact]
    public async Task What_fails_once_or_twice_is_asked_again()
    {
        await using var bench = await ModelBench.OpenAsync(engine);
        FakeFault[] faults =
        [
            new FakeFault.Answer(429, "3"), new FakeFault.Answer(429), new FakeFault.Answer(500, Body: "no JSON"), new FakeFault.Answer(503, "7"), new FakeFault.Answer(529), new FakeFault.Garbage(), new FakeFault.Reset(),
            new FakeFault.AcceptThenBreakOff(), new FakeFault.Answer(200, Body: "this is no JSON"), new FakeFault.Answer(200, Body: "{}"),
        ];
        foreach (var provider in _providers)
        {
            var desk = bench.Desk(provider, s => s.CallsPerHour = 1000);
            foreach (var fault in faults)
            {
                bench.Fake.FailNext(fault, times: provider == AiProvider.Watsonx ? 1 : 2);

                var verdict = await desk.JudgeAsync(1, ModelBench.Facts, default);

                Assert.True(verdict.Ok, $"{provider}, {fault}: {verdict.Error?.Detail}");
                Assert.False(verdict.Value.IsAnomaly);
            }
        }
    }

    [StoreFact]
    public async Task What_it_says_is_asked_again_when_it_is_no_answer()
    {
        await using var bench = await ModelBench.OpenAsync(engine);
        foreach (var useless in (string[])["I'm sorry, but I can't help with that.", "%PDF-1.7", FakeModel.Anomaly[..60], "", """{"verdict": "fine"}"""])
        {
            bench.Fake.Say(useless, times: 2);
            bench.Fake.Say(FakeModel.Anomaly);
            Assert.True((await bench.Desk(change: s => s.CallsPerHour = 1000).JudgeAsync(1, ModelBench.Facts, default)).Value!.IsAnomaly);

            bench.Fake.Say(useless, times: 3);
            Assert.Equal(ErrorKind.Unavailable, (await bench.Desk(change: s => s.CallsPerHour = 1000).JudgeAsync(1, ModelBench.Facts, default)).Error!.Kind);
        }

        bench.Fake.Say("There is a critical outage of the database. Restart it.");
        var prose = (await bench.Desk(change: s => s.CallsPerHour = 1000).JudgeAsync(1, ModelBench.Facts, default)).Value!;
        Assert.Equal((Severity.Critical, true, "restart_service"), (prose.Severity, prose.IsFromProse, prose.Actions.Single().Action));
    }

    [StoreFact]
    public async Task A_model_that_is_silent_is_given_up_in_time()
    {
        await using var bench = await ModelBench.OpenAsync(engine);
        bench.Fake.FailNext(new FakeFault.Hang(), times: 3);

        var verdict = await bench.Desk(change: s => s.Timeout = TimeSpan.FromMilliseconds(150)).JudgeAsync(1, ModelBench.Facts, default);

        Assert.Contains("within 0.2 s", verdict.Error!.Detail, StringComparison.Ordinal);

        // It may have worked on it all the same.
        Assert.True((await bench.SpentAsync()).TokensToday > 3 * 1500);
    }

    [StoreFact]
    public async Task After_three_failures_it_is_left_alone_for_a_minute_and_then_one_question_tries()
    {
        await using var bench = await ModelBench.OpenAsync(engine);
        var desk = bench.Desk();
        bench.Fake.FailNext(new FakeFault.Answer(500), times: 4);
        Assert.Contains("HTTP 500", (await desk.JudgeAsync(1, ModelBench.Facts, default)).Error!.Detail, StringComparison.Ordinal);

        Assert.Contains("left alone for 60 s", (await desk.JudgeAsync(1, ModelBench.Facts, default)).Error!.Detail, StringComparison.Ordinal);
        Assert.Equal((3, 0), ((int)(await bench.SpentAsync()).CallsThisHour, (int)(await bench.SpentAsync()).TokensToday));

        bench.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.False((await desk.JudgeAsync(1, ModelBench.Facts, default)).Ok);
        bench.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True((await desk.JudgeAsync(1, ModelBench.Facts, default)).Ok);
        Assert.Equal(5, (await bench.SpentAsync()).CallsThisHour);
    }

    [StoreFact]
    public async Task A_long_pause_that_the_provider_asks_for_is_kept()
    {
        await using var bench = await ModelBench.OpenAsync(engine);
        var desk = bench.Desk();
        bench.Fake.FailNext(new FakeFault.Answer(429, "600"));

        Assert.Contains("HTTP 429", (await desk.JudgeAsync(1, ModelBench.Facts, default)).Error!.Detail, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.Zero, bench.Clock.Waited);
        Assert.Contains("left alone for 600 s", (await desk.JudgeAsync(1, ModelBench.Facts, default)).Error!.Detail, StringComparison.Ordinal);

        bench.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.True((await desk.JudgeAsync(1, ModelBench.Facts, default)).Ok);
    }

    [StoreFact]
    public async Task A_wrong_key_is_said_without_the_key_and_not_tried_again_at_once()
    {
        await using var bench = await ModelBench.OpenAsync(engine);
        foreach (var provider in _providers)
        {
            var desk = bench.Desk(provider, s => s.ApiKey = "sk-another-key-that-is-wrong-00");

            var refused = (await desk.JudgeAsync(1, ModelBench.Facts, default)).Error!;

            Assert.Equal(ErrorKind.Unavailable, refused.Kind);
            Assert.Contains("key", refused.Detail, StringComparison.Ordinal);
            Assert.DoesNotContain("sk-another", refused.Detail, StringComparison.Ordinal);
            Assert.StartsWith("The model is left alone for 600 s", (await desk.JudgeAsync(1, ModelBench.Facts, default)).Error!.Detail, StringComparison.Ordinal);
        }

        Assert.Empty(bench.Fake.Questions);
    }

    [StoreFact]
    public async Task A_token_of_watsonx_is_kept_for_fifty_minutes_and_made_anew_when_it_was_taken_back()
    {
        await using var bench = await ModelBench.OpenAsync(engine);
        var desk = bench.Desk(AiProvider.Watsonx);
        Assert.True((await desk.JudgeAsync(1, ModelBench.Facts, default)).Ok);
        bench.TokenClock.Advance(TimeSpan.FromMinutes(49));
        Assert.True((await desk.JudgeAsync(1, ModelBench.Facts, default)).Ok);
        Assert.Equal(1, bench.Fake.TokensGiven);

        bench.TokenClock.Advance(TimeSpan.FromMinutes(2));
        Assert.True((await desk.JudgeAsync(1, ModelBench.Facts, default)).Ok);
        Assert.Equal(2, bench.Fake.TokensGiven);

        bench.Fake.Revoke();
        Assert.False((await desk.JudgeAsync(1, ModelBench.Facts, default)).Ok);
        bench.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.True((await desk.JudgeAsync(1, ModelBench.Facts, default)).Ok);
    }

    [StoreFact]
    public async Task A_workspace_has_so_many_calls_an_hour_on_all_nodes_together()
    {
        await using var bench = await ModelBench.OpenAsync(engine);
        await bench.Engine.WriteAsync(tx => EngineBench.AddWorkspaceAsync(tx, 2));
        ModelDesk[] nodes = [bench.Desk(change: s => s.CallsPerHour = 4), bench.Desk(change: s => s.CallsPerHour = 4)];

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => nodes[i % 2].JudgeAsync(1, ModelBench.Facts, default)));

        Assert.Equal((4, 6), (answers.Count(a => a.Ok), answers.Count(a => a.Error?.Kind == ErrorKind.TooMany)));
        Assert.Equal(4, bench.Fake.Questions.Count);
        Assert.True((await nodes[0].JudgeAsync(2, ModelBench.Facts, default)).Ok);

        bench.Clock.Advance(TimeSpan.FromHours(1));
        Assert.True((await nodes[0].JudgeAsync(1, ModelBench.Facts, default)).Ok);
    }

    [StoreFact]
    public async Task A_workspace_has_so_many_tokens_a_day_as_the_provider_counts_them()
    {
        await using var bench = await ModelBench.OpenAsync(engine);
        var desk = bench.Desk(change: s => s.TokensPerDay = 5_000);
        var asked = 0;
        while ((await desk.JudgeAsync(1, ModelBench.Facts, default)).Ok)
        {
            asked++;
        }

        // Each is counted as 1 000, and one more could cost some 2 200.
        Assert.Equal((3, 3_000), (asked, (int)(await bench.SpentAsync()).TokensToday));
        Assert.Contains("Ai:TokensPerDay", (await desk.JudgeAsync(1, ModelBench.Facts, default)).Error!.Detail, StringComparison.Ordinal);

        bench.Clock.Advance(TimeSpan.FromHours(15));
        Assert.True((await desk.JudgeAsync(1, ModelBench.Facts, default)).Ok);
    }

    [StoreFact]
    public async Task Without_a_model_nothing_is_asked_and_that_is_said()
    {
        await using var bench = await ModelBench.OpenAsync(engine);
        var settings = new AiOptions();
        var desk = new ModelDesk(null, bench.Budget(settings), Microsoft.Extensions.Options.Options.Create(settings), bench.Clock, Microsoft.Extensions.Logging.Abstractions.NullLogger<ModelDesk>.Instance);

        Assert.Equal(("model.off", false), ((await desk.JudgeAsync(1, ModelBench.Facts, default)).Error!.Code, desk.IsConfigured));
        Assert.Equal(0, (await bench.SpentAsync()).CallsThisHour);
    }

    public sealed class OnSqlite() : ModelDeskTests(Engine.Sqlite);

    public sealed class OnPostgres() : ModelDeskTests(Engine.Postgres);
}
