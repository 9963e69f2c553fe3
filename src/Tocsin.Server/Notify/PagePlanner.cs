using System.Security.Cryptography;
using System.Text;
using Tocsin.Data;
using Tocsin.Escalation;
using Tocsin.Estate;
using Tocsin.Incidents;
using Tocsin.Jobs;
using Tocsin.Streams;

namespace Tocsin.Notify;

/// <summary>Turns decided pages and notices into rows and jobs, in the transaction of the decision.</summary>
internal sealed class PagePlanner(PageStore pages, JobStore jobs, EventLog log, PagingOptions options, ContactProofs proofs)
{
    public const string JobKind = "page";

    /// <summary>A page for each rung of the recipient's ladder.</summary>
    public async Task PageAsync(Tx tx, EstateSnapshot estate, IncidentState state, IncidentEffect.Page page, DateTimeOffset now)
    {
        var facts = new PageFacts(state.Policy.Steps.Count, state.Policy.Rounds, page.FallbackBy, page.NextRecipient, state.NextAt, null);
        foreach (var (rung, again) in Counted(page.To))
        {
            var (dueAt, waits) = DueOf(page.To, page.StartsAt + rung.After, now);
            await QueueAsync(tx, estate, state, new()
            {
                Incident = state.Number,
                Kind = MessageKind.Page,
                Epoch = page.Epoch,
                Step = page.Step,
                Round = page.Round,
                RecipientKind = page.To.Kind,
                Recipient = page.To.Name,
                Method = rung.Method.Name,
                Type = rung.Method.Type,
                Key = "",
                CreatedAt = now,
                DueAt = dueAt,
                Because = page.Because,
                Facts = facts with { Quiet = waits, Again = again, Address = AddressOf(page.To, rung) },
            }, now);
        }
    }

    /// <summary>Asks whoever acknowledged whether they still have it.</summary>
    public async Task RemindAsync(Tx tx, EstateSnapshot estate, IncidentState state, IncidentEffect.Remind remind, DateTimeOffset now)
    {
        foreach (var (rung, again) in Counted(remind.To))
        {
            var notice = Notice(state, MessageKind.Reminder, remind.To.Kind, remind.To.Name, rung.Method, remind.Because, null, now);
            await QueueAsync(tx, estate, state, notice with { Epoch = remind.Epoch, DueAt = remind.StartsAt + rung.After, Facts = notice.Facts with { NextAt = state.NextAt, Again = again, Address = AddressOf(remind.To, rung) } }, now);
        }
    }

    /// <summary>Asks somebody to help; what they hear of it waits for no quiet hours, since a person asks.</summary>
    public async Task AskAsync(Tx tx, EstateSnapshot estate, IncidentState state, IncidentEffect.Ask ask, DateTimeOffset now)
    {
        foreach (var (rung, again) in Counted(ask.To))
        {
            var notice = Notice(state, MessageKind.Asked, ask.To.Kind, ask.To.Name, rung.Method, ask.Because, ask.By, now);
            await QueueAsync(tx, estate, state, notice with { Epoch = ask.Number, DueAt = now + rung.After, Facts = notice.Facts with { Note = ask.Note, Again = again, Address = AddressOf(ask.To, rung) } }, now);
        }
    }

    /// <summary>Rungs, each with how often its method stands on an earlier one: <c>phone</c> at once and again after 3 minutes are two pages.</summary>
    private static IEnumerable<(Rung Rung, int Again)> Counted(Recipient to) =>
        to.Rungs.Select((rung, i) => (rung, to.Rungs.Take(i).Count(earlier => earlier.Method.Name == rung.Method.Name)));

    /// <summary>Only people's methods are proved by answers.</summary>
    private string? AddressOf(Recipient to, Rung rung) => to.Kind == RecipientKind.User ? proofs.AddressOf(rung.Method) : null;

    /// <summary>When a rung is due, and whether it waits for the end of quiet hours, to be told with all that waits for it.</summary>
    private static (DateTimeOffset DueAt, bool Waits) DueOf(Recipient to, DateTimeOffset wished, DateTimeOffset now)
    {
        var dueAt = to.Quiet?.Free(wished) ?? wished;
        return (dueAt, dueAt > wished || (dueAt > now && dueAt == to.Quiet?.Free(now)));
    }

    /// <summary>Tells administrators that nobody answered, by their whole ladder at once.</summary>
    public async Task TellAdministratorAsync(Tx tx, EstateSnapshot estate, IncidentState state, IncidentEffect.TellAdministrators tell, DateTimeOffset now)
    {
        foreach (var rung in tell.To.Rungs)
        {
            await QueueAsync(tx, estate, state, Notice(state, MessageKind.Unanswered, tell.To.Kind, tell.To.Name, rung.Method, tell.Because, null, now), now);
        }
    }

    /// <summary>
    /// Tells everybody who got a page of this incident, by the methods that take notices, except whoever caused it. Where the page itself
    /// can be changed that says it, and only what is worth a line of its own follows in its thread. One's own devices are told all the
    /// same: the page that still stands on one of them gives way to the news.
    /// </summary>
    public async Task TellAsync(Tx tx, EstateSnapshot estate, IncidentState state, IncidentEffect.Tell tell, DateTimeOffset now)
    {
        var told = (await pages.OfIncidentAsync(tx, estate.Workspace, state.Number))
            .Where(p => p is { Kind: MessageKind.Page, Status: PageStatus.Sent } && (p.Type == "webpush" || !(p.RecipientKind == RecipientKind.User && p.Recipient == tell.By)))
            .OrderBy(p => p.Receipt is null)
            .DistinctBy(p => (p.RecipientId, p.Method))
            .Where(p => p.Receipt is null || (p.Receipt.Thread is not null && tell.Kind != MessageKind.Acknowledged))
            .OrderBy(p => p.Id);
        foreach (var page in told)
        {
            if (MethodOf(estate, page.RecipientKind, page.Recipient, page.Method) is { } method && TakesNotices(method))
            {
                var notice = Notice(state, tell.Kind, page.RecipientKind, page.Recipient, method, "was paged for this incident", tell.By, now);
                await QueueAsync(tx, estate, state, notice with { Facts = notice.Facts with { Thread = page.Receipt?.Thread } }, now);
            }
        }
    }

    /// <summary>Has all messages of an incident changed that can be, because what they show is no longer so.</summary>
    public async Task RefreshAsync(Tx tx, EstateSnapshot estate, IncidentState state, DateTimeOffset now)
    {
        foreach (var page in await pages.ChangeableAsync(tx, estate.Workspace, state.Number))
        {
            await RefreshAsync(tx, estate, page, now);
        }
    }

    /// <summary>As above for one message. One that is being changed just now looks itself whether it must be changed again.</summary>
    public Task RefreshAsync(Tx tx, EstateSnapshot estate, PageRow page, DateTimeOffset now) => jobs.EnqueueAsync(
        tx, [new(estate.Workspace, PageEditor.JobKind, $"page.edit/{page.Id}", StableHash.Of(page.RecipientId, page.Method), now, $"{page.Id}")], now);

    public static ContactMethod? MethodOf(EstateSnapshot estate, RecipientKind kind, string recipient, string method) => kind == RecipientKind.Channel
        ? estate.Model.Channels.GetValueOrDefault(recipient)
        : estate.Model.Users.GetValueOrDefault(recipient)?.Contact.FirstOrDefault(m => m.Name == method);

    /// <summary>
    /// Whether a method gets news besides pages (acknowledged, resolved, more alerts): as its setting <c>updates</c> says; without it,
    /// methods that people read do and webhooks do not.
    /// </summary>
    private static bool TakesNotices(ContactMethod method) =>
        method.Settings.TryGetValue("updates", out var updates) ? updates is "true" or "yes" : method.Type != "webhook";

    private static PageRow Notice(
        IncidentState state, MessageKind kind, RecipientKind recipientKind, string recipient, ContactMethod method, string because, string? by, DateTimeOffset now) => new()
        {
            Incident = state.Number,
            Kind = kind,
            Epoch = state.Epoch,
            Step = Math.Max(0, state.Step),
            Round = state.Round,
            RecipientKind = recipientKind,
            Recipient = recipient,
            Method = method.Name,
            Type = method.Type,
            Key = "",
            CreatedAt = now,
            DueAt = now,
            Because = because,
            Facts = new(state.Policy.Steps.Count, state.Policy.Rounds, null, null, null, by),
        };

    private async Task QueueAsync(Tx tx, EstateSnapshot estate, IncidentState state, PageRow draft, DateTimeOffset now)
    {
        var page = draft with { Key = KeyOf(estate, state, draft) };
        if (page.Facts.Quiet)
        {
            await WaitAsync(tx, estate, state, page, now);
            return;
        }

        if (page.Kind == MessageKind.Page && await IsTooManyAsync(tx, estate, state, page, now))
        {
            await pages.InsertAsync(tx, estate.Workspace, page with { Status = PageStatus.Bundled });
            return;
        }

        await SendLaterAsync(tx, estate, page, now);
    }

    /// <summary>A page that waits for the end of quiet hours; the first of them makes the one message that tells them all.</summary>
    private async Task WaitAsync(Tx tx, EstateSnapshot estate, IncidentState state, PageRow page, DateTimeOffset now)
    {
        if (await pages.InsertAsync(tx, estate.Workspace, page with { Status = PageStatus.Bundled }) is null)
        {
            return;
        }

        await log.AppendAsync(tx, estate.Workspace, now,
            [new("page.waits", $"incident/{state.Number}", "system", $"{page.Recipient} by {page.Method}: quiet hours; told with all that waits for their end, in {IncidentDecider.Text(page.DueAt - now)}")]);
        var minute = MinuteOf(page.DueAt);
        if (await pages.WaitedAsync(tx, estate.Workspace, page, minute) is null)
        {
            var waited = page with { Kind = MessageKind.Waited, Because = "waited for the end of quiet hours", Facts = page.Facts with { Minute = minute } };
            await SendLaterAsync(tx, estate, waited with { Key = KeyOf(estate, state, waited) }, now);
        }
    }

    private async Task SendLaterAsync(Tx tx, EstateSnapshot estate, PageRow page, DateTimeOffset now)
    {
        if (await pages.InsertAsync(tx, estate.Workspace, page) is not { } id)
        {
            return;
        }

        await log.AppendAsync(tx, estate.Workspace, now,
            [new("page.queued", $"incident/{page.Incident}", "system", $"{page.Recipient} by {page.Method}{(page.DueAt > now ? $" in {IncidentDecider.Text(page.DueAt - now)}" : "")}")]);
        await jobs.EnqueueAsync(
            tx, [new(estate.Workspace, JobKind, $"page/{id}", StableHash.Of(page.RecipientId, page.Method), page.DueAt, $"{id}")], now);
    }

    /// <summary>
    /// Whether this page would be one of too many for a person within a minute. The first of those makes one message that goes out
    /// at the end of the minute and stands for all of them. Webhooks are machines and have no such limit.
    /// </summary>
    private async Task<bool> IsTooManyAsync(Tx tx, EstateSnapshot estate, IncidentState state, PageRow page, DateTimeOffset now)
    {
        if (page.RecipientKind != RecipientKind.User || page.Type == "webhook")
        {
            return false;
        }

        var minute = MinuteOf(page.DueAt);
        var planned = await pages.CountInMinuteAsync(tx, estate.Workspace, page, minute);
        var most = MostPerMinute(estate, page.Recipient, options);
        if (planned <= most)
        {
            return false;
        }

        await log.AppendAsync(tx, estate.Workspace, now,
            [new("page.bundled", $"incident/{state.Number}", "system", $"{page.Recipient} by {page.Method}: more than {most} pages within a minute, told in one message")]);
        if (planned == most + 1)
        {
            var more = page with { Kind = MessageKind.More, DueAt = EndOf(minute), Because = "too many pages at once", Facts = page.Facts with { Minute = minute } };
            await SendLaterAsync(tx, estate, more with { Key = KeyOf(estate, state, more) }, now);
        }

        return true;
    }

    /// <summary>How many pages a person gets by one method within a minute: as they wish, else as the installation says.</summary>
    public static int MostPerMinute(EstateSnapshot estate, string user, PagingOptions options) =>
        estate.Model.Users.GetValueOrDefault(user)?.MaxPerMinute ?? options.MaxPerMinute;

    /// <summary>The minute that a page counts in; a message that stands for many is due at its end.</summary>
    public static long MinuteOf(DateTimeOffset dueAt) => dueAt.ToUnixTimeSeconds() / 60;

    private static DateTimeOffset EndOf(long minute) => DateTimeOffset.FromUnixTimeSeconds((minute + 1) * 60);

    /// <summary>R4: derived from what is sent, never from the attempt.</summary>
    private static string KeyOf(EstateSnapshot estate, IncidentState state, PageRow page)
    {
        var text = string.Create(
            null,
            $"{estate.Workspace}|{state.Number}|{state.CreatedAt.ToMicros()}|{state.Reopened}|{page.Round}|{page.Step}|{page.Epoch}|{page.Kind}|{page.RecipientId}|{page.Method}");
        if (page.Kind == MessageKind.AlertsAdded)
        {
            // An incident can grow many times within one epoch.
            text += $"|{state.ToldAt.ToMicros()}";
        }

        if (page.Facts.Again > 0)
        {
            text += $"|again {page.Facts.Again}";
        }

        return Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    }
}
