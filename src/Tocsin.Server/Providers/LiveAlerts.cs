using System.Text;
using System.Text.Json;
using Tocsin.Alerts;
using Tocsin.Estate;

namespace Tocsin.Providers;

/// <summary>
/// Alerts that were published on the live stream and shall be routed too: the source names the groups. Read as <see cref="Generic"/> reads
/// anything, so message, level and metadata become title, severity and labels.
/// </summary>
internal sealed class LiveAlerts : IAlertSource
{
    public const string Id = "stream";

    private const string Groups = "groups";
    private const string All = "*";

    public ProviderInfo Info { get; } = new(
        Id, "The live stream", new("https://html.spec.whatwg.org/multipage/server-sent-events.html"),
        [new(Groups, "The groups whose published alerts this source routes, separated by commas; * for all. Default: default.")]);

    /// <summary>The source that routes a group's alerts: the first by name that names it, else the first that takes all; null: they are only heard.</summary>
    public static Source? SourceOf(EstateModel estate, string group)
    {
        Source? found = null;
        foreach (var source in estate.Sources.Values)
        {
            if (source.Type == Id && Rank(source, group) is > 0 and var rank
                && (found is null || rank > Rank(found, group) || (rank == Rank(found, group) && string.CompareOrdinal(source.Name, found.Name) < 0)))
            {
                found = source;
            }
        }

        return found;
    }

    public Result<ParsedDelivery> Parse(InboundRequest request)
    {
        var body = PayloadBytes.Clean(request.Body, out var note);
        try
        {
            var read = GenericEvents.Read(body, request, note: null);
            return read.Ok ? read.Value with { Note = note } : read.Error;
        }
        catch (JsonException e)
        {
            return PayloadBytes.NotJson(body, e);
        }
    }

    public string Snippet(string baseUrl, Source source)
    {
        var group = GroupsOf(source) is [not All and var first, ..] ? first : "default";
        return $$"""
            # Published, heard by all who follow the group, and routed. KEY is of tocsin create-api-key.
            curl --fail-with-body --request PUT {{baseUrl}}/alerts/{{Uri.EscapeDataString(group)}} \
              --header 'Authorization: Bearer KEY' \
              --data '{"message": "The backup of db1 failed", "level": "error", "metadata": {"host": "db1"} }'

            # Its end: the same with a status.
            curl --fail-with-body --request PUT {{baseUrl}}/alerts/{{Uri.EscapeDataString(group)}} \
              --header 'Authorization: Bearer KEY' \
              --data '{"message": "The backup of db1 failed", "status": "resolved", "metadata": {"host": "db1"} }'

            """;
    }

    public ReadOnlyMemory<byte> Example(SignalStatus status, DateTimeOffset now) => Encoding.UTF8.GetBytes($$"""
        {
          "data": {"message": "A test alert. Nothing is wrong.", "level": "warn", "status": "{{status.Word()}}", "id": "tocsin-test"},
          "labels": {"group": "default"}
        }
        """);

    private static string[] GroupsOf(Source source) =>
        (source.Settings.GetValueOrDefault(Groups) is { Length: > 0 } groups ? groups : "default").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static int Rank(Source source, string group)
    {
        var groups = GroupsOf(source);
        return groups.Contains(group, StringComparer.Ordinal) ? 2 : groups.Contains(All, StringComparer.Ordinal) ? 1 : 0;
    }
}
