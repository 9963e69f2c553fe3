using System.Runtime.CompilerServices;
using System.Text.Json;
using Tocsin.Data;
using Tocsin.Sdk;

namespace Tocsin.Audit;

/// <summary>A chain as JSON lines: each entry as it was hashed, and at the end where the chain ended.</summary>
internal sealed class AuditExport(Database database, AuditStore store)
{
    public const string MediaType = "application/x-ndjson";

    private const int Piece = 500;
    private const int MaxLine = 256 * 1024;

    /// <param name="after">Entries up to this one are left out; whoever verifies the rest needs it as an anchor.</param>
    /// <exception cref="StoreUnavailableException">The store could not be read, or entries not read yet were removed after their time; the last line is missing then.</exception>
    public async IAsyncEnumerable<string> LinesAsync(long chain, long after, DateTimeOffset now, [EnumeratorCancellation] CancellationToken ct)
    {
        var head = await database.ReadAsync(session => store.HeadAsync(session, chain), ct);
        var end = head?.Seq ?? 0;
        for (var isBegun = false; after < end; isBegun = true)
        {
            var last = after;
            var links = await database.ReadAsync(session => store.AfterAsync(session, chain, last, Piece), ct);
            if (links is not [var next, ..] || (isBegun && next.Seq != last + 1))
            {
                throw new StoreUnavailableException("Entries were removed after their time while the audit was exported. Export it again.");
            }

            foreach (var link in links.Where(link => link.Seq <= end))
            {
                yield return JsonSerializer.Serialize(RecordOf(link), WireJson.Default.AuditRecord);
            }

            after = links[^1].Seq;
        }

        yield return JsonSerializer.Serialize(new AuditEnd(HeadOf(chain, head, now)), WireJson.Default.AuditEnd);
    }

    /// <summary>Looks through an export.</summary>
    /// <returns>What it came to, and the last line's word on where the chain ended; null where that line is missing.</returns>
    /// <exception cref="FormatException">A line is no entry; the message names it.</exception>
    public static async Task<(AuditVerdict Verdict, AuditHead? End)> VerifyAsync(Stream from, IReadOnlyList<AuditAnchor> anchors, CancellationToken ct)
    {
        var check = new AuditCheck(anchors);
        AuditHead? end = null;
        var number = 0;
        using var reader = new StreamReader(from, leaveOpen: true);
        while (await reader.ReadLineAsync(ct) is { } line)
        {
            number++;
            if (line.Length > MaxLine || end is not null)
            {
                throw new FormatException(end is null ? $"line {number} is too long to be an entry" : $"line {number} stands after the line that ends the export");
            }

            try
            {
                if (line.StartsWith("""{"head":""", StringComparison.Ordinal))
                {
                    end = JsonSerializer.Deserialize(line, WireJson.Default.AuditEnd)?.Head;
                }
                else if (line.Length > 0)
                {
                    check.Add(LinkOf(JsonSerializer.Deserialize(line, WireJson.Default.AuditRecord), number));
                }
            }
            catch (JsonException e)
            {
                throw new FormatException($"line {number} is no entry of an audit", e);
            }
        }

        var faults = check.Finish();
        return (new(check.Count, check.First, check.Head, faults), end);
    }

    public static AuditRecord RecordOf(AuditLink link) => new()
    {
        Workspace = link.Workspace,
        Seq = link.Seq,
        At = link.AtText,
        Actor = link.Actor,
        Action = link.Action,
        Subject = link.Subject,
        Result = link.Result,
        Address = link.Address,
        Detail = link.Detail,
        Data = link.Data,
        Prev = link.Prev,
        Hash = link.Hash,
    };

    public static AuditHead HeadOf(long chain, AuditLink? head, DateTimeOffset now) => new(chain, head?.Seq ?? 0, head?.Hash ?? AuditLink.Genesis, now);

    private static AuditLink LinkOf(AuditRecord? r, int number) =>
        r is { Actor: not null, Action: not null, Subject: not null, Result: not null, Address: not null, Detail: not null, Data: not null, Prev: not null, Hash: not null, At: not null }
            && AuditLink.InstantOf(r.At) is { } at
            ? new(r.Workspace, r.Seq, at, r.Actor, r.Action, r.Subject, r.Result, r.Address, r.Detail, r.Data, r.Prev, r.Hash)
            : throw new FormatException($"line {number} lacks what an entry has");
}
