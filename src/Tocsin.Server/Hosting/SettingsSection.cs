namespace Tocsin.Hosting;

/// <summary>One section of the settings and the class that holds it; registered beside it, so that its names can be checked.</summary>
internal sealed record SettingsSection(string Name, Type Options);
