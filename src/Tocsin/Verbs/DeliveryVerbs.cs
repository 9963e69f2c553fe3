using System.CommandLine;
using Tocsin.Cli;
using Tocsin.Sdk;

namespace Tocsin.Verbs;

/// <summary>What the sources delivered, and what became of it.</summary>
internal static class DeliveryVerbs
{
    public static Command Create(Terminal terminal)
    {
        var verb = new Command("deliveries", "What the sources delivered");
        verb.Subcommands.Add(List(terminal));
        verb.Subcommands.Add(Show(terminal));
        verb.Subcommands.Add(Replay(terminal));
        return verb;
    }

    private static ClientVerb List(Terminal terminal)
    {
        var source = new Option<string?>("--source") { Description = "Only of this source", HelpName = "NAME" };
        var verdict = new Option<string?>("--verdict") { Description = "Only with this verdict" };
        verdict.AcceptOnlyFromAmong("accepted", "duplicate", "partial", "unparsed", "refused");
        var paging = new Paging();
        var verb = new ClientVerb("ls", "List deliveries, newest first", terminal) { source, verdict, paging.Limit, paging.Cursor };
        verb.Runs(async (parse, run, ct) =>
        {
            var page = await paging.ReadAsync(
                parse, (cursor, limit) => run.Client.ListDeliveriesAsync(parse.GetValue(source), parse.GetValue(verdict), cursor, limit, ct));
            run.Show(page, WireJson.Default.PageDeliveryView, () => Write(run, page, "No deliveries."));
            return ExitCode.Ok;
        });
        return verb;
    }

    public static ClientVerb Show(Terminal terminal)
    {
        var id = Numbers.One("The delivery's id");
        var verb = new ClientVerb("show", "Show one delivery with its body as it came", terminal) { id };
        verb.Runs(async (parse, run, ct) =>
        {
            var delivery = await run.Client.GetDeliveryAsync(parse.GetValue(id), ct);
            run.Show(delivery, WireJson.Default.DeliveryView, () =>
            {
                WriteVerdict(run, delivery);
                run.Line("");
                run.Line(delivery.Body is { } body ? Plain.Block(body) : "(the body is no longer kept)");
            });
            return ExitCode.Ok;
        });
        return verb;
    }

    public static ClientVerb Replay(Terminal terminal)
    {
        var id = Numbers.One("The delivery's id");
        var verb = new ClientVerb("replay", "Read a kept body again, by the rules of today", terminal) { id };
        verb.Runs(async (parse, run, ct) =>
        {
            var delivery = await run.Client.ReplayDeliveryAsync(parse.GetValue(id), ct);
            run.Show(delivery, WireJson.Default.DeliveryView, () => WriteVerdict(run, delivery));
            return delivery.Verdict is "unparsed" or "refused" ? ExitCode.CheckFailed : ExitCode.Ok;
        });
        return verb;
    }

    /// <param name="nothing">What is said of an empty page.</param>
    public static void Write(ClientRun run, Page<DeliveryView> page, string nothing)
    {
        if (page.Items.Count == 0)
        {
            run.Line(nothing);
            return;
        }

        var table = new Table("ID", "VERDICT", "RECEIVED", "SOURCE", "SIGNALS", "REASON");
        foreach (var delivery in page.Items)
        {
            table.Add(
                $"{delivery.Id}",
                Words.Status(delivery.Verdict),
                Words.Relative(delivery.ReceivedAt, run.Now),
                delivery.Source,
                Signals(delivery),
                delivery.Reason);
        }

        table.Write(run.Terminal);
        Paging.Announce(run, page.NextCursor);
    }

    private static void WriteVerdict(ClientRun run, DeliveryView delivery) => run.Line(
        $"{delivery.Id}  {run.Terminal.Paint(Words.Status(delivery.Verdict))}  {Plain.Line(delivery.Source)}  "
        + $"{Words.Both(delivery.ReceivedAt, run.Terminal.Time)}  {Signals(delivery)} signals"
        + (delivery.Reason is { } reason ? $"  {Plain.Line(reason)}" : ""));

    private static string Signals(DeliveryView delivery) =>
        delivery.Rejected > 0 ? $"{delivery.Signals} of {delivery.Signals + delivery.Rejected}" : $"{delivery.Signals}";
}
