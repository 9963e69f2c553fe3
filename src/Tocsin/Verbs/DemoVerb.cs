using System.CommandLine;
using Tocsin.Cli;
using Tocsin.Data;
using Tocsin.Demo;

namespace Tocsin.Verbs;

/// <summary>The product with something in it, for a first look.</summary>
internal static class DemoVerb
{
    public static Command Create(Terminal terminal)
    {
        var data = new Option<string>("--data") { Description = "The folder with the demo's data", HelpName = "DIR", DefaultValueFactory = _ => "./demo-data" };
        var urls = new Option<string?>("--urls") { Description = "Where to listen. Default: http://127.0.0.1:8080", HelpName = "URL" };
        var verb = new Command("demo", "Run the server with a week of made-up history and fake phones") { data, urls };
        verb.Subcommands.Add(FaultVerb.Create(terminal));
        verb.SetAction(async (parse, ct) =>
        {
            try
            {
                return await DemoServer.RunAsync(new() { Data = parse.GetValue(data), Urls = parse.GetValue(urls), Database = "" }, terminal, ct);
            }
            catch (StoreUnavailableException e)
            {
                // As `serve` answers: it could not start.
                throw new CliException(ExitCode.CheckFailed, e.Message);
            }
        });
        return verb;
    }
}
