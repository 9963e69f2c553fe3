using Tocsin.Estate;

namespace Tocsin.Tests.Estate;

public sealed class EstateFilesTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tocsin-estate-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_folder_is_one_estate_in_the_order_of_its_file_names()
    {
        Put("b.yaml", "apiVersion: tocsin/v1\nteams: [{name: b}]");
        Put("a.yml", "apiVersion: tocsin/v1\nteams: [{name: a}]");
        Put("routes/payments.yaml", "apiVersion: tocsin/v1\nteams:\n  - {name: c}");
        Put("notes.txt", "no estate");
        Put(".hidden.yaml", "no estate");
        Put("..data/x.yaml", "no estate");

        var text = EstateFiles.Read(_folder.FullName);

        Assert.Empty(text.Faults);
        Assert.Equal(["default"], text.Workspaces);
        Assert.Equal(["a a.yml:2", "b b.yaml:2", "c routes/payments.yaml:3"], text.Objects.Select(o => $"{o.Name} {o.Origin}"));
    }

    [Fact]
    public void The_same_object_in_two_files_is_a_fault_that_names_both()
    {
        Put("a.yaml", "apiVersion: tocsin/v1\nteams: [{name: x}]");
        Put("b.yaml", "apiVersion: tocsin/v1\n\nteams: [{name: x}]");

        Assert.Equal("b.yaml:3:9: error: team x is defined twice; first at a.yaml:2", Assert.Single(EstateFiles.Read(_folder.FullName).Faults).ToString());
    }

    [Fact]
    public void Documents_of_one_file_may_belong_to_several_workspaces()
    {
        Put("a.yaml", "apiVersion: tocsin/v1\nworkspace: one\nteams: [{name: x}]\n---\napiVersion: tocsin/v1\nworkspace: two\nteams: [{name: x}]\n---\napiVersion: tocsin/v1\nworkspace: empty\n");

        var text = EstateFiles.Read(Path.Combine(_folder.FullName, "a.yaml"));

        Assert.Empty(text.Faults);
        Assert.Equal(["one", "two", "empty"], text.Workspaces);
        Assert.Equal(["one", "two"], text.Objects.Select(o => o.Workspace));
    }

    [Theory]
    [InlineData("teams: []", "a.yaml:1:1: error: a document needs \"apiVersion\"; write apiVersion: tocsin/v1")]
    [InlineData("apiVersion: tocsin/v2", "a.yaml:1:13: error: \"tocsin/v2\" is not \"tocsin/v1\"")]
    [InlineData("apiVersion: tocsin/v1\nworkspace: Acme", "a.yaml:2:12: error: \"Acme\" is not the name of a workspace: 1 to 63 lower-case letters, digits and dashes, beginning with a letter or digit")]
    [InlineData("- apiVersion: tocsin/v1", "a.yaml:1:1: error: a document must have keys and values, beginning with apiVersion: tocsin/v1")]
    public void A_document_without_a_proper_head_is_refused(string text, string fault)
    {
        Put("a.yaml", text);

        Assert.Equal(fault, Assert.Single(EstateFiles.Read(_folder.FullName).Faults).ToString());
    }

    [Fact]
    public void A_missing_path_and_an_empty_folder_are_faults()
    {
        Assert.Equal("/nowhere/estate.yaml: error: there is no such file or folder", Assert.Single(EstateFiles.Read("/nowhere/estate.yaml").Faults).ToString());
        Assert.Equal($"{_folder.FullName}: error: no *.yaml or *.yml is in this folder", Assert.Single(EstateFiles.Read(_folder.FullName).Faults).ToString());
    }

    [Fact]
    public void Files_without_any_document_are_a_fault_and_not_the_wish_to_have_nothing()
    {
        Put("a.yaml", "# nothing yet\n");

        Assert.Equal($"{_folder.FullName}: error: there is no document in it; one begins with apiVersion: tocsin/v1", Assert.Single(EstateFiles.Read(_folder.FullName).Faults).ToString());
    }

    private void Put(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
