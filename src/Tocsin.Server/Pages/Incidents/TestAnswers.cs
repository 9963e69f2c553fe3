using Microsoft.AspNetCore.Http;
using Tocsin.Data;
using Tocsin.Escalation;
using Tocsin.Estate;
using Tocsin.Notify;

namespace Tocsin.Pages;

/// <summary>The signed page of a test of a contact method: whoever holds the link says that it came.</summary>
internal sealed class TestAnswers(PublicLinks links, Database database, PageStore pages, IEstates estates, DeliveryReports reports)
{
    /// <returns>Null: the link is none, has ended, or belongs to a page.</returns>
    public async Task<FoundTest?> FindAsync(string token, Frame outer, CancellationToken ct)
    {
        if (links.Read(token, outer.Clock.Now) is not { } grant || await estates.FindAsync(grant.Workspace, ct) is not { } estate
            || await database.ReadAsync(session => pages.FindAsync(session, grant.Workspace, grant.PageId), ct) is not { Kind: MessageKind.SelfTest, RecipientKind: RecipientKind.User } row
            || estate.Model.Users.GetValueOrDefault(row.Recipient) is not { Disabled: false } person)
        {
            return null;
        }

        return new(grant.Workspace, row, outer with { User = row.Recipient, Clock = person.TimeZone is { } zone ? Clock.In(zone, outer.Clock.Now) : outer.Clock });
    }

    /// <summary>Whatever was pressed says that the test came.</summary>
    public async Task<IResult> AnswerAsync(FoundTest test, HttpRequest request, CancellationToken ct) =>
        await reports.TellAsync(test.Workspace, test.Row.Key, new DeliveryReport.Seen(), ct)
            ? Done.Well(request.Path, Done.IsFragment(request) ? ReplyTexts.Confirmed(test.Row.Method) : "")
            : Done.Refused(request.Path, ReplyTexts.TooEarly);
}

internal sealed record FoundTest(long Workspace, PageRow Row, Frame Frame);

/// <param name="SentAt">When the provider took it; null: that is not known yet.</param>
/// <param name="SeenAt">When it was answered; null: not yet.</param>
/// <param name="Fault">Why the last press did nothing.</param>
public sealed record TestModel(string Method, DateTimeOffset? SentAt, DateTimeOffset? SeenAt, string? Fault);
