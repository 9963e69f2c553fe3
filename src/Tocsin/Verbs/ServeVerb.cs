using System.CommandLine;
using Tocsin.Cli;
using Tocsin.Hosting;

namespace Tocsin.Verbs;

/// <summary>The server. Also what runs when no verb is given.</summary>
internal sealed class ServeVerb
{
    private readonly Option<string?> _data = new("--data") { Description = "The folder with the data. Default: ./data", HelpName = "DIR" };

    private readonly Option<string?> _urls = new("--urls") { Description = "Where to listen. Default: http://127.0.0.1:8080", HelpName = "URL" };

    private readonly Option<string?> _database = new("--database")
    {
        Description = "A PostgreSQL database instead of the folder's own",
        HelpName = "postgres://…",
    };

    private readonly Option<string?> _estate = new("--estate") { Description = "A YAML file or folder that declares the estate", HelpName = "PATH" };

    private readonly Option<string?> _roles = new("--roles") { Description = "What this node does: api, work, or api,work. Default: both", HelpName = "ROLES" };

    private ServeVerb()
    {
    }

    /// <summary>Gives the root the same options and action, so that the program without a verb is the server.</summary>
    public static Command Create(RootCommand root, Terminal terminal)
    {
        var serve = new ServeVerb();
        var verb = new Command("serve", "Run the server (what happens without a verb)");
        foreach (var command in new[] { root, verb })
        {
            command.Options.Add(serve._data);
            command.Options.Add(serve._urls);
            command.Options.Add(serve._database);
            command.Options.Add(serve._estate);
            command.Options.Add(serve._roles);
            command.SetAction((parse, ct) => TocsinServer.RunAsync(serve.Settings(parse), terminal.Out, terminal.Error, ct));
        }

        return verb;
    }

    private ServeSettings Settings(ParseResult parse) => new()
    {
        Data = parse.GetValue(_data),
        Urls = parse.GetValue(_urls),
        Database = parse.GetValue(_database),
        Estate = parse.GetValue(_estate),
        Roles = parse.GetValue(_roles),
    };
}
