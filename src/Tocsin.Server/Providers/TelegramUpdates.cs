using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Jobs;
using Tocsin.Notify;
using Tocsin.Outgoing;

namespace Tocsin.Providers;

/// <summary>
/// Sees to it that answers of all bots arrive: tells Telegram where to send them, or has them asked for. Telegram lets one ask at a time, so asking
/// is a job: one node has it, and another takes it over.
/// </summary>
internal sealed class TelegramBots(Database database, IEstates estates, JobStore jobs, TelegramHooks hooks, TimeProvider clock, ILogger<TelegramBots> logger)
    : RepeatedWork(TimeSpan.FromSeconds(5), clock)
{
    public override async Task TurnAsync(CancellationToken ct)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (var workspace in await database.ReadAsync(session => session.QueryAsync("SELECT id FROM workspace ORDER BY id", static row => row.GetInt64(0)), ct))
        {
            if (await estates.FindAsync(workspace, ct) is not { } estate)
            {
                continue;
            }

            foreach (var bot in TelegramBot.In(estate).Where(bot => seen.Add(bot.Name)))
            {
                if (bot.Webhook)
                {
                    await hooks.SetAsync(workspace, bot, ct);
                }
                else
                {
                    await AskAsync(workspace, bot, ct);
                }
            }
        }
    }

    protected override void Waits(string reason) => logger.TelegramWaits(reason);

    protected override void Broke(Exception bug) => logger.TelegramBroke(bug);

    private async Task AskAsync(long workspace, TelegramBot bot, CancellationToken ct)
    {
        var key = TelegramPoll.KeyOf(bot.Name);
        var known = await database.ReadAsync(
            session => session.ScalarAsync("SELECT COUNT(*) FROM job WHERE workspace_id = @workspace AND job_key = @key", ("workspace", workspace), ("key", key)), ct);
        if (known == 0)
        {
            var now = Clock.GetUtcNow();
            await database.WriteAsync(tx => jobs.EnqueueAsync(tx, [TelegramPoll.Next(workspace, bot.Name, 0, now)], now), ct);
        }
    }
}

/// <summary>Tells Telegram where to send the answers to a bot, and that it should not any more.</summary>
internal sealed class TelegramHooks(GuardedHttp http, PublicLinks links, ReplySourceRegistry sources, ILogger<TelegramHooks> logger)
{
    private readonly HashSet<string> _set = new(StringComparer.Ordinal);

    /// <summary>Once for each bot, address and run of this process; what Telegram does not take is tried at the next call.</summary>
    public async Task SetAsync(long workspace, TelegramBot bot, CancellationToken ct)
    {
        if (links.Reply(Telegram.Type, workspace) is not { } url || _set.Contains($"{bot.Name} {url}") || sources.Find(Telegram.Type) is not TelegramReplies replies)
        {
            return;
        }

        var body = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["url"] = url.AbsoluteUri,
            ["secret_token"] = replies.SecretOf(bot),
            ["allowed_updates"] = TelegramPoll.Kinds,
        });
        var answer = await bot.CallAsync(http, "setWebhook", body, ct);
        if (answer is OutgoingAnswer.Status { Code: 200 })
        {
            _set.Add($"{bot.Name} {url}");
        }
        else
        {
            logger.HookRefused(answer.ToOutcome().ToString());
        }
    }

    public Task ClearAsync(TelegramBot bot, CancellationToken ct) => bot.CallAsync(http, "deleteWebhook", "{}"u8.ToArray(), ct);
}

/// <summary>Asks Telegram once what was pressed and written, does it, and asks again. What was done stands in the job that asks next.</summary>
internal sealed class TelegramPoll(
    Database database, IEstates estates, JobStore jobs, GuardedHttp http, TelegramHooks hooks, TelegramAnswers answers, IHostApplicationLifetime life, TimeProvider clock, ILogger<TelegramPoll> logger)
    : IJobHandler
{
    public const string JobKind = "telegram.poll";

    /// <summary>How long Telegram keeps a question without an answer. A node that stops waits no longer than that.</summary>
    private const int WaitSeconds = 6;

    private static readonly TimeSpan _afterFault = TimeSpan.FromSeconds(5);

    public static readonly string[] Kinds = ["message", "callback_query"];

    public string Kind => JobKind;

    public static string KeyOf(string bot) => $"telegram/{bot}";

    /// <param name="offset">The first update that was not worked yet; 0: whatever Telegram has.</param>
    public static NewJob Next(long workspace, string bot, long offset, DateTimeOffset at) =>
        new(workspace, JobKind, KeyOf(bot), StableHash.Of("telegram", bot), at, string.Create(CultureInfo.InvariantCulture, $"{bot} {offset}"));

    public async Task RunAsync(LeasedJob job, CancellationToken ct)
    {
        var parts = job.Payload.Split(' ');
        var (name, offset) = (parts[0], long.Parse(parts[1], CultureInfo.InvariantCulture));
        var estate = await estates.FindAsync(job.Workspace, ct);
        if (estate is null || TelegramBot.In(estate).FirstOrDefault(b => b.Name == name && !b.Webhook) is not { } bot)
        {
            await database.WriteAsync(tx => jobs.CompleteAsync(tx, job), ct);
            return;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, life.ApplicationStopping);
        var began = clock.GetUtcNow();
        var next = began;
        try
        {
            (offset, next) = await AskAsync(bot, offset, began, either.Token);
        }
        catch (OperationCanceledException) when (life.ApplicationStopping.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            // Another node, or this one after its start, asks the same again.
        }

        await database.WriteAsync(
            async tx =>
            {
                await jobs.CompleteAsync(tx, job);
                await jobs.EnqueueAsync(tx, [Next(job.Workspace, name, offset, next)], clock.GetUtcNow());
            },
            CancellationToken.None);
    }

    /// <returns>From where to go on, and when.</returns>
    private async Task<(long Offset, DateTimeOffset Next)> AskAsync(TelegramBot bot, long offset, DateTimeOffset began, CancellationToken ct)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["offset"] = offset,
            ["timeout"] = WaitSeconds,
            ["limit"] = 50,
            ["allowed_updates"] = Kinds,
        });
        var answer = await bot.CallAsync(http, "getUpdates", body, ct);
        if (answer is not OutgoingAnswer.Status { Code: 200 } taken)
        {
            if (answer is OutgoingAnswer.Status { Code: 409 })
            {
                // A webhook was set before, or another program asks for the same bot.
                await hooks.ClearAsync(bot, ct);
            }

            var outcome = answer.ToOutcome();
            logger.PollFailed(outcome.ToString());
            return (offset, clock.GetUtcNow() + (outcome is SendOutcome.TryAgain { RetryAfter: { } wait } && wait > _afterFault ? wait : _afterFault));
        }

        using var json = JsonAnswer.Parse(taken.Body);
        if (json is null)
        {
            return (offset, clock.GetUtcNow() + _afterFault);
        }

        var any = false;
        foreach (var update in json.RootElement.Items("result"))
        {
            any = true;
            await answers.TakeAsync(update, bot, ct);
            offset = long.TryParse(update.Text("update_id"), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? Math.Max(offset, id + 1) : offset;
        }

        // A server that answers at once with nothing is asked once a second.
        var now = clock.GetUtcNow();
        return (offset, any || now - began > TimeSpan.FromSeconds(1) ? now : now + TimeSpan.FromSeconds(1));
    }
}

/// <summary>Does what one update says, in whichever workspace it is meant for.</summary>
internal sealed class TelegramAnswers(Database database, IEstates estates, ReplySourceRegistry sources, ReplyDesk desk, PublicLinks links)
{
    public async Task TakeAsync(JsonElement update, TelegramBot bot, CancellationToken ct)
    {
        var reply = TelegramReplies.Read(update, bot);
        if (sources.Find(Telegram.Type) is not TelegramReplies telegram || await EstateOfAsync(reply, bot, ct) is not { } estate)
        {
            return;
        }

        var outcomes = await desk.ActAsync(estate, telegram, reply, 0, ct);
        await telegram.TellAsync(reply, outcomes, ct);
    }

    /// <summary>Several workspaces may have one bot: the button, or the code, says which is meant.</summary>
    private async Task<EstateSnapshot?> EstateOfAsync(Reply reply, TelegramBot bot, CancellationToken ct)
    {
        EstateSnapshot? first = null;
        foreach (var workspace in await database.ReadAsync(session => session.QueryAsync("SELECT id FROM workspace ORDER BY id", static row => row.GetInt64(0)), ct))
        {
            if (await estates.FindAsync(workspace, ct) is not { } estate || !TelegramBot.In(estate).Contains(bot))
            {
                continue;
            }

            first ??= estate;
            if (reply.Acts is [var act] && ((act.Code is { } code && links.ReadAnswerCode(code, workspace) is not null) || (act.Verb == ReplyVerb.Link && PublicLinks.WorkspaceOfLinkCode(act.Text ?? "") == workspace)))
            {
                return estate;
            }
        }

        return first;
    }
}

internal static partial class TelegramLog
{
    [LoggerMessage(2271, LogLevel.Warning, "Telegram's bots wait: {Reason}")]
    public static partial void TelegramWaits(this ILogger logger, string reason);

    [LoggerMessage(2272, LogLevel.Error, "Looking after Telegram's bots met a bug; it is tried again in 5 s")]
    public static partial void TelegramBroke(this ILogger logger, Exception e);

    [LoggerMessage(2273, LogLevel.Warning, "Telegram was asked for answers in vain, and is asked again in 5 s or later: {Outcome}")]
    public static partial void PollFailed(this ILogger logger, string outcome);

    [LoggerMessage(2274, LogLevel.Warning, "Telegram does not take this server's address, and is told again in 5 s: {Outcome}")]
    public static partial void HookRefused(this ILogger logger, string outcome);
}
