using System.CommandLine;
using Tocsin.Cli;
using Tocsin.Sdk;

namespace Tocsin.Verbs;

/// <summary>Deliveries that could not be read, or only in part.</summary>
internal static class RejectedVerbs
{
    public static Command Create(Terminal terminal)
    {
        var verb = new Command("rejected", "Deliveries that were rejected, and kept");
        verb.Subcommands.Add(List(terminal));
        verb.Subcommands.Add(DeliveryVerbs.Show(terminal));
        verb.Subcommands.Add(DeliveryVerbs.Replay(terminal));
        return verb;
    }

    private static ClientVerb List(Terminal terminal)
    {
        var source = new Option<string?>("--source") { Description = "Only of this source", HelpName = "NAME" };
        var paging = new Paging();
        var verb = new ClientVerb("list", "List rejected deliveries, newest first", terminal) { source, paging.Limit, paging.Cursor };
        verb.Aliases.Add("ls");
        verb.Runs(async (parse, run, ct) =>
        {
            var page = await paging.ReadAsync(parse, (cursor, limit) => run.Client.ListRejectedAsync(parse.GetValue(source), cursor, limit, ct));
            run.Show(page, WireJson.Default.PageDeliveryView, () => DeliveryVerbs.Write(run, page, "No rejected deliveries."));
            return ExitCode.Ok;
        });
        return verb;
    }
}
