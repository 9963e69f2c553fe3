using System.Buffers.Text;
using System.Security.Cryptography;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Providers;
using Tocsin.Routing;
using Tocsin.Streams;

namespace Tocsin.Notify;

/// <summary>Sends one test message right now, without the job table, and keeps the provider's answer in the log.</summary>
internal sealed class ContactTester(NotifierRegistry notifiers, SelfTests tests, PublicLinks links, Database database, EventLog log, TimeProvider clock)
{
    public const string Taken = "contact.tested";
    public const string NotTaken = "contact.test_failed";

    /// <summary>Where the log keeps the tests of a person's contact method.</summary>
    public static string SubjectOf(string user, string method) => $"contact/{user}/{method}";

    /// <summary>Where the log keeps the tests of a channel.</summary>
    public static string SubjectOf(string channel) => $"channel/{channel}";

    /// <param name="subject">One of <see cref="SubjectOf(string)"/>.</param>
    /// <param name="recipient">Whom the message names: a channel.</param>
    /// <returns>The provider's final answer; nothing is retried.</returns>
    public async Task<SendOutcome> TestAsync(EstateSnapshot estate, string subject, string recipient, ContactMethod method, string actor, CancellationToken ct)
    {
        var outcome = notifiers.Find(method.Type) is { } notifier
            ? await notifier.SendAsync(Message(estate, recipient), method, ct)
            : new SendOutcome.Refused($"There is no provider '{method.Type}'.");
        var (kind, reason) = Say(outcome);
        await database.WriteAsync(
            async tx =>
            {
                await tx.LockWorkspaceAsync(estate.Workspace);
                await log.AppendAsync(tx, estate.Workspace, clock.GetUtcNow(), [new(kind, subject, actor, reason)]);
            },
            ct);
        return outcome;
    }

    /// <summary>The same to somebody by one of their methods: it asks to be answered, and the answer proves that the method reaches them.</summary>
    public async Task<SendOutcome> TestAsync(EstateSnapshot estate, Person person, ContactMethod method, string actor, CancellationToken ct)
    {
        var test = await database.WriteAsync(tx => tests.AddAsync(tx, estate, person, method, actor, clock.GetUtcNow()), ct);
        var outcome = await tests.SendAsync(estate, test, method, clock.GetUtcNow(), ct);
        await database.WriteAsync(
            async tx =>
            {
                await tx.LockWorkspaceAsync(estate.Workspace);
                var now = clock.GetUtcNow();
                await tests.SettleAsync(tx, estate.Workspace, test with { Attempts = 1, FirstTryAt = now }, outcome, actor, now);
            },
            CancellationToken.None);
        return outcome;
    }

    public static (string Kind, string Reason) Say(SendOutcome outcome) => outcome switch
    {
        SendOutcome.Accepted accepted => (Taken, accepted.Receipt),
        SendOutcome.TryAgain again => (NotTaken, again.Reason),
        SendOutcome.Refused refused => (NotTaken, refused.Reason),
        _ => throw new InvalidOperationException($"No words for {outcome}."),
    };

    private Message Message(EstateSnapshot estate, string recipient)
    {
        var now = clock.GetUtcNow();
        return new()
        {
            Kind = MessageKind.Test,
            Key = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16)),
            Workspace = estate.Model.Workspace,
            WorkspaceId = estate.Workspace,
            Incident = 0,
            Title = "Test: this is how Tocsin reaches you",
            Severity = Alerts.Severity.Info,
            Urgency = Urgency.Low,
            Status = "triggered",
            StartedAt = now,
            Now = now,
            Recipient = recipient,
            IncidentUrl = links.BaseUrl is { } url ? new(url) : null,
        };
    }
}
